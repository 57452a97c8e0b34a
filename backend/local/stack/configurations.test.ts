import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, escapeIdentifier } from 'pg';
import { startTestStack, type TestStack } from '../../test/support/stack.ts';
import { createHome, type Home } from './testing/home.ts';

const deadlineMs = 120_000;
const adminUrl = process.env.TEST_CLUSTER_ADMIN_URL ?? '';
const databaseName = `stack_${randomUUID()}`;
let home: Home;
/** An empty database on a Postgres that somebody else runs, as a superuser reaches it. */
let databaseUrl: string;

async function onCluster(sql: string, connectionString = adminUrl): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  await onCluster(`create database ${escapeIdentifier(databaseName)}`);
  databaseUrl = Object.assign(new URL(adminUrl), { pathname: databaseName }).href;
});
beforeEach(async () => {
  home = await createHome();
});
afterEach(() => home.dispose(), deadlineMs);
afterAll(() => onCluster(`drop database ${escapeIdentifier(databaseName)}`));

describe('with a Postgres in DATABASE_URL', () => {
  test(
    'the stack uses it, starts none of its own and leaves it running',
    async () => {
      const program = home.start({ DATABASE_URL: databaseUrl });
      await program.says('Ctrl-C stops everything');
      expect((await home.stackFile()).databaseUrl).toBe(databaseUrl);
      expect(Object.keys(await home.processes())).toEqual([
        'the auth issuer',
        'the provider sandbox',
        'the server',
      ]);
      program.interrupt('SIGINT');
      expect(await program.ended).toBe(0);
      expect(await home.remains()).toEqual({ files: ['credentials.json'], processes: [] });
      expect(await onCluster('select email from auth.users order by email', databaseUrl)).toEqual([
        { email: 'admin@bulwark.local' },
        { email: 'demo@bulwark.local' },
      ]);
    },
    deadlineMs,
  );

  test(
    'of two starts at once one is refused',
    async () => {
      const programs = [
        home.start({ DATABASE_URL: databaseUrl }),
        home.start({ DATABASE_URL: databaseUrl }),
      ];
      const outcomes = await Promise.all(
        programs.map((program) =>
          Promise.race([program.says('Ctrl-C stops everything').then(() => 'up'), program.ended]),
        ),
      );
      expect(outcomes.toSorted()).toEqual([1, 'up']);
      const [up] = programs.filter((_, index) => outcomes[index] === 'up');
      expect((await home.run('token')).code).toBe(0);
      up?.interrupt('SIGTERM');
      expect(await up?.ended).toBe(0);
    },
    deadlineMs,
  );

  test(
    'a second Ctrl-C, some time after the first, ends everything at once',
    async () => {
      const drain = { SHUTDOWN_DRAIN_MS: '30000', SHUTDOWN_TIMEOUT_MS: '60000' };
      const program = home.start({ DATABASE_URL: databaseUrl, ...drain });
      await program.says('Ctrl-C stops everything');
      await home.processes();
      const startedAt = performance.now();
      program.interrupt('SIGINT');
      await program.says('starting graceful shutdown');
      const impatience = setInterval(() => {
        program.interrupt('SIGINT');
      }, 500);
      expect(await program.ended).toBe(130);
      clearInterval(impatience);
      expect(performance.now() - startedAt).toBeLessThan(15_000); // SIGKILL would come after 20 s
      expect(await home.remains()).toEqual({ files: ['credentials.json'], processes: [] });
    },
    deadlineMs,
  );

  test(
    'the stack ends when nobody reads its output any more',
    async () => {
      const start = home.shell(`npm start | head -n 5`, { DATABASE_URL: databaseUrl });
      expect((await start).output).toContain('Starting');
      expect(await home.remains()).toEqual({ files: ['credentials.json'], processes: [] });
    },
    deadlineMs,
  );

  test('one that cannot be reached is told in one line, without the password', async () => {
    const program = home.start({
      DATABASE_URL: 'postgresql://someone:hunter22@127.0.0.1:1/postgres',
    });
    expect(await program.ended).toBe(1);
    expect(program.output()).toMatch(
      /^The Postgres of DATABASE_URL cannot be used: .*ECONNREFUSED/m,
    );
    expect(program.output()).not.toContain('hunter22');
    expect((await home.remains()).processes).toEqual([]);
  });

  test("a configuration that the server refuses is shown, and its exit code is the server's", async () => {
    const program = home.start({ DATABASE_URL: databaseUrl, BODY_LIMIT: 'big' });
    expect(await program.ended).toBe(78);
    expect(program.output()).toMatch(/^BODY_LIMIT: /m);
    expect(await home.remains()).toEqual({ files: ['credentials.json'], processes: [] });
  });
});

describe('where no local stack is to run', () => {
  test('a port that is none and an unknown source are refused, all at once, before anything starts', async () => {
    const program = home.start({ PORT: '80000', BULWARK_POSTGRES: 'docker' });
    expect(await program.ended).toBe(78);
    expect(program.output().trim().split('\n')).toEqual([
      expect.stringMatching(/^PORT: /),
      expect.stringMatching(/^BULWARK_POSTGRES: /),
    ]);
    expect(await home.remains()).toEqual({ files: [], processes: [] });
  });

  test('NODE_ENV=production is refused with every fault, and nothing is started', async () => {
    const program = home.start({ NODE_ENV: 'production' });
    expect(await program.ended).toBe(78);
    expect(program.output()).toContain('the local stack is for development only');
    for (const name of ['DATABASE_URL', 'SUPABASE_URL', 'SUPABASE_ANON_KEY', 'ALLOWED_ORIGINS']) {
      expect(program.output()).toMatch(new RegExp(`^${name}: is missing`, 'm'));
    }
    expect(await home.remains()).toEqual({ files: [], processes: [] });
  });

  describe('because a Supabase is configured', () => {
    let supabase: TestStack;
    beforeAll(async () => {
      supabase = await startTestStack();
    });
    afterAll(() => supabase.stop());

    test(
      'the server runs alone against it, and a doubled Ctrl-C ends it in order',
      async () => {
        const program = home.start({ ...supabase.environment, SHUTDOWN_DRAIN_MS: '500' });
        await program.says('"msg":"Server ready"');
        const port = /"port":(\d+)/.exec(program.output())?.[1] ?? '';
        const { accessToken } = await supabase.signUp();
        const response = await fetch(`http://127.0.0.1:${port}/api/v1/me`, {
          headers: { authorization: `Bearer ${accessToken}` },
        });
        expect(response.status).toBe(200);
        program.interrupt('SIGINT');
        await program.says('starting graceful shutdown');
        program.interrupt('SIGINT');
        expect(await program.ended).toBe(0);
        expect(program.output()).toContain('Graceful shutdown complete');
        expect(await home.remains()).toEqual({ files: [], processes: [] });
      },
      deadlineMs,
    );
  });
});
