import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from '@supabase/supabase-js';
import { io } from 'socket.io-client';
import type { StackFile, StackUser } from './stack-file.ts';
import { createHome, type Home, type Program } from './testing/home.ts';

const startDeadlineMs = 120_000; // the first start on a fresh clone builds the server
const newcomer = { email: 'newcomer@example.test', password: 'a-Long-enough-password-1' };
let home: Home;
let program: Program;
let stack: StackFile;
let blockers: Server[];

/** Takes a port that somebody wants. */
async function takePort(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
const portOf = (server: Server): string => String((server.address() as AddressInfo).port);

const client = (key = stack.anonKey) =>
  createClient(stack.supabaseUrl, key, {
    auth: { persistSession: false, autoRefreshToken: false },
  });

async function signIn(user: StackUser): Promise<string> {
  const { data, error } = await client().auth.signInWithPassword(user);
  if (error) throw error;
  return data.session.access_token;
}

async function whoAmI(token: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${stack.apiUrl}/api/v1/me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** What a newcomer may do while trying things. */
async function spoilDemoUser(): Promise<void> {
  const { data } = await client().auth.signInWithPassword(stack.users.demo);
  const change = { password: 'another-Password-1', ban_duration: '24h' };
  const { admin } = client(stack.serviceRoleKey).auth;
  expect((await admin.updateUserById(data.user?.id ?? '', change)).error).toBeNull();
}

function keyIdOf(token: string): unknown {
  const header = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString();
  return (JSON.parse(header) as { kid: unknown }).kid;
}

beforeAll(async () => {
  home = await createHome();
  blockers = await Promise.all([takePort(), takePort(), takePort()]);
  const [api, supabase, postgres] = blockers.map(portOf);
  program = home.npmStart({
    PORT: api ?? '',
    LOCAL_SUPABASE_PORT: supabase ?? '',
    LOCAL_POSTGRES_PORT: postgres ?? '',
  });
  await program.says('Ctrl-C stops everything');
  stack = await home.stackFile();
}, startDeadlineMs);

afterAll(async () => {
  for (const blocker of blockers) blocker.close();
  await home.dispose();
}, startDeadlineMs);

describe('npm start', () => {
  test('names each taken port and uses the next free one', () => {
    const used = [stack.apiUrl, stack.supabaseUrl, stack.databaseUrl].map(
      (url) => new URL(url).port,
    );
    const names = ['the server', 'the auth issuer', 'Postgres'];
    for (const [index, blocker] of blockers.entries()) {
      expect(program.output()).toContain(
        `Port ${portOf(blocker)} is taken; ${names[index]} uses ${used[index]}.`,
      );
    }
  });

  test('writes down what runs, for its owner alone', () => {
    expect(Object.keys(stack)).toEqual([
      'apiUrl',
      'supabaseUrl',
      'anonKey',
      'serviceRoleKey',
      'sandboxUrl',
      'databaseUrl',
      'users',
    ]);
    expect(stack.users).toEqual({
      demo: { email: 'demo@bulwark.local', password: expect.stringMatching(/.{32}/) },
      admin: { email: 'admin@bulwark.local', password: expect.stringMatching(/.{32}/) },
    });
    expect(statSync(home.paths.stackFile).mode & 0o777).toBe(0o600);
    expect(statSync(home.paths.credentials).mode & 0o777).toBe(0o600);
  });

  test('ends with a token that works and with commands that work', async () => {
    const token = /Access token\n(\S+)\n/.exec(program.output())?.[1] ?? '';
    expect((await whoAmI(token)).status).toBe(200);
    const commands = program.output().match(/^ {2}curl .*$/gm) ?? [];
    expect(commands).toHaveLength(3);
    const answers = await Promise.all(commands.map((command) => home.shell(command)));
    expect(answers[0]?.output).toContain('"status":"ok"');
    expect(answers[1]?.output).toContain(stack.users.demo.email);
    for (const { output } of answers) expect(output).not.toMatch(/"statusCode":\d/); // an error's body
  });

  test('lets the demo user and the admin sign in by supabase-js, and the server believes both', async () => {
    const [demo, admin] = await Promise.all([signIn(stack.users.demo), signIn(stack.users.admin)]);
    expect(await whoAmI(demo)).toMatchObject({
      status: 200,
      body: { email: stack.users.demo.email, role: 'user' },
    });
    expect(await whoAmI(admin)).toMatchObject({
      status: 200,
      body: { email: stack.users.admin.email, role: 'admin' },
    });
  });

  test('lets a socket in', async () => {
    const socket = io(stack.apiUrl, {
      transports: ['websocket'],
      reconnection: false,
      auth: { token: await signIn(stack.users.demo) },
    });
    try {
      await new Promise((resolve, reject) => {
        socket.once('connected', resolve).once('connect_error', reject);
      });
    } finally {
      socket.disconnect();
    }
  });

  test('is refused, naming the process, while the stack runs', async () => {
    const { code, output } = await home.run('start');
    expect(code).toBe(1);
    expect(output).toMatch(/^The local stack of this checkout is already running \(process \d+\)/);
    expect((await whoAmI(await signIn(stack.users.demo))).status).toBe(200);
  });
});

describe('the tools beside it', () => {
  test('npm run token prints a token and nothing else', async () => {
    const [demo, admin] = await Promise.all([home.run('token'), home.run('token', 'admin')]);
    expect([demo.code, admin.code]).toEqual([0, 0]);
    expect((await whoAmI(demo.output)).body).toMatchObject({ role: 'user' });
    expect((await whoAmI(admin.output)).body).toMatchObject({ role: 'admin' });
  });

  test('npm run token refuses an unknown user in one line', async () => {
    const { code, output } = await home.run('token', 'nobody');
    expect({ code, lines: output.split('\n').length }).toEqual({ code: 2, lines: 1 });
    expect(output).toContain('"nobody"');
  });

  test('after npm run local:rotate-keys new tokens carry a new key, and an old one still works', async () => {
    const before = await signIn(stack.users.demo);
    const { code, output } = await home.run('local-rotate-keys');
    expect(code).toBe(0);
    const after = await signIn(stack.users.demo);
    expect(output).toContain(keyIdOf(after));
    expect(keyIdOf(after)).not.toBe(keyIdOf(before));
    expect((await whoAmI(before)).status).toBe(200);
    expect((await whoAmI(after)).status).toBe(200);
  });

  test('npm run local:reset is refused while the stack runs', async () => {
    const { code, output } = await home.run('local-reset');
    expect(code).toBe(1);
    expect(output).toContain('already running');
    expect((await whoAmI(await signIn(stack.users.demo))).status).toBe(200);
  });
});

describe('the end and the next start', () => {
  test(
    'Ctrl-C, which arrives several times, ends everything in order',
    async () => {
      expect((await client().auth.signUp(newcomer)).error).toBeNull();
      await spoilDemoUser();
      const running = await home.processes();
      expect(Object.keys(running).sort()).toEqual([
        'Postgres',
        'the auth issuer',
        'the provider sandbox',
        'the server',
      ]);

      program.interrupt('SIGINT');
      await program.says('Stopping...');
      program.interrupt('SIGINT');
      // The shell between npm and us may have died of it; what we ourselves return is tested below.
      expect([0, 'SIGINT']).toContain(await program.ended);
      expect(program.output()).toMatch(/Graceful shutdown complete[^]*Everything is stopped\.\s*$/);
      expect(program.output()).not.toMatch(/npm (error|ERR)/);
      expect(await home.remains()).toEqual({
        files: ['credentials.json', 'postgres'],
        processes: [],
      });
    },
    startDeadlineMs,
  );

  test('npm run token says in one line that the stack is down', async () => {
    const { code, output } = await home.run('token');
    expect(code).toBe(1);
    expect(output).toBe('The local stack is not running: start it with npm start.');
  });

  test(
    'the next start has the data and the keys of the one before, and mends the demo user',
    async () => {
      program = home.start();
      await program.says('Ctrl-C stops everything');
      const before = stack;
      stack = await home.stackFile();
      expect(stack).toMatchObject({ anonKey: before.anonKey, users: before.users });
      expect((await whoAmI(await signIn(newcomer))).status).toBe(200);
      expect((await whoAmI(await signIn(stack.users.demo))).status).toBe(200);
      program.interrupt('SIGINT');
      await program.says('Stopping...');
      program.interrupt('SIGINT');
      expect(await program.ended).toBe(0);
    },
    startDeadlineMs,
  );

  test('npm run local:reset deletes the data and the passwords', async () => {
    expect((await home.run('local-reset')).code).toBe(0);
    expect(await home.remains()).toEqual({ files: ['postgres'], processes: [] });
  });
});
