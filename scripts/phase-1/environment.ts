import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { root } from '../../backend/local/stack/paths.ts';
import type { TestStack } from '../../backend/test/support/stack.ts';
import { runToEnd, startServerProcess } from '../../backend/test/support/server-process.ts';
import { assert, type Checks } from './checks.ts';

const server = 'backend/dist/index.js';
const environmentCheck = 'backend/dist/scripts/environment-check.js';
const configExitCode = 78;
const required = ['DATABASE_URL', 'SUPABASE_URL', 'SUPABASE_ANON_KEY', 'SUPABASE_SERVICE_ROLE_KEY'];

/** A whole production environment, so that what is removed from it is the only fault. */
function production(stack: TestStack): Record<string, string> {
  return {
    ...stack.environment,
    NODE_ENV: 'production',
    SUPABASE_URL: 'https://project.supabase.test',
    DATABASE_URL: stack.environment.DATABASE_URL ?? '',
    ALLOWED_ORIGINS: 'https://app.acme.test',
  };
}

async function refusal(env: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(server, { ...env, PORT: '0' });
  assert.equal(code, configExitCode, `exit code ${code}\n${stdout}${stderr}`);
  assert.ok(!stdout.includes('Server ready'), 'a port was opened');
  return stderr;
}

export async function environmentChecks(
  { section, check }: Checks,
  stack: TestStack,
): Promise<void> {
  section('Configuration');
  await check('a whole environment passes environment-check', async () => {
    const { code, stdout, stderr } = await runToEnd(environmentCheck, production(stack));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Environment validation successful/);
    for (const secret of [stack.issuer.anonKey, stack.issuer.serviceRoleKey]) {
      assert.ok(!stdout.includes(secret), 'a secret was printed');
    }
  });
  for (const name of [...required, 'ALLOWED_ORIGINS']) {
    await check(`without ${name} the server does not start and says so`, async () => {
      const { [name]: _removed, ...rest } = production(stack);
      const lines = (await refusal(rest)).trim().split('\n');
      assert.ok(
        lines.some((line) => line.includes(name)),
        lines.join('\n'),
      );
    });
  }
  await check('every fault is listed at once', async () => {
    const text = await refusal({ NODE_ENV: 'production' });
    for (const name of [...required, 'ALLOWED_ORIGINS'])
      assert.ok(text.includes(name), `${name} is not named`);
  });
  const faulty: [name: string, value: string][] = [
    ['PORT', 'eighty'],
    ['BODY_LIMIT', 'big'],
    ['TRUST_PROXY', 'true'],
    ['ALLOWED_ORIGINS', 'http://app.acme.test'],
    ['SUPABASE_SERVICE_ROLE_KEY', 'changeme'],
    ['SUPABASE_SERVICE_ROLE_KEY', 'too-short-to-be-a-secret'],
    ['SUPABASE_SERVICE_ROLE_KEY', 'super-secret-jwt-token-with-at-least-32-characters-long'],
    ['SUPABASE_ANON_KEY', ''],
  ];
  for (const [name, value] of faulty) {
    await check(
      `${name}=${JSON.stringify(value)} is refused in production, without the value being said`,
      async () => {
        const { code, stderr } = await runToEnd(environmentCheck, {
          ...production(stack),
          [name]: value,
        });
        assert.equal(code, configExitCode);
        assert.match(stderr, new RegExp(name));
        if (value.length > 8) assert.ok(!stderr.includes(value), 'the value was printed');
      },
    );
  }
  await check('.env.example is refused as it is', async () => {
    const example = parseEnv(readFileSync(join(root, '.env.example'), 'utf8')) as Record<
      string,
      string
    >;
    const { code } = await runToEnd(environmentCheck, { ...example, NODE_ENV: 'production' });
    assert.equal(code, configExitCode);
  });
  await check('a good environment starts, and the log shows no secret', async () => {
    const running = await startServerProcess(server, stack.environment);
    running.child.kill('SIGTERM');
    assert.equal(await running.ended, 0);
    assert.match(running.output(), /Environment validation successful/);
    const password = new URL(stack.environment.DATABASE_URL ?? '').password;
    for (const secret of [stack.issuer.anonKey, stack.issuer.serviceRoleKey, password]) {
      assert.ok(!running.output().includes(secret), 'a secret was logged');
    }
  });
}
