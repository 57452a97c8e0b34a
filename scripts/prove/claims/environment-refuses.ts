import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { root } from '../../../backend/local/stack/paths.ts';
import { runToEnd } from '../../../backend/test/support/server-process.ts';
import type { TestStack } from '../../../backend/test/support/stack.ts';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';

const server = 'backend/dist/index.js';
const environmentCheck = 'backend/dist/scripts/environment-check.js';
const configExitCode = 78;
const required = ['DATABASE_URL', 'SUPABASE_URL', 'SUPABASE_ANON_KEY', 'SUPABASE_SERVICE_ROLE_KEY'];

const faulty: readonly [name: string, value: string][] = [
  ['PORT', 'eighty'],
  ['BODY_LIMIT', 'big'],
  ['TRUST_PROXY', 'true'],
  ['ALLOWED_ORIGINS', 'http://app.acme.test'],
  ['SUPABASE_SERVICE_ROLE_KEY', 'changeme'],
  ['SUPABASE_SERVICE_ROLE_KEY', 'too-short-to-be-a-secret'],
  ['SUPABASE_SERVICE_ROLE_KEY', 'super-secret-jwt-token-with-at-least-32-characters-long'],
  ['SUPABASE_ANON_KEY', ''],
];

export default defineClaim({
  id: 'environment-refuses',
  phase: 1,
  claim:
    'A missing, malformed, placeholder, short or publicly known setting refuses the start by name, and no secret is printed.',
  bound: 'every check passes',
  seconds: 15,
  async measure({ stack, startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const whole = production(stack);

    await check('a whole environment passes environment-check', async () => {
      const { code, stdout, stderr } = await runToEnd(environmentCheck, whole);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /Environment validation successful/);
      for (const secret of [stack.issuer.anonKey, stack.issuer.serviceRoleKey])
        assert.ok(!stdout.includes(secret), 'a secret was printed');
    });
    for (const name of [...required, 'ALLOWED_ORIGINS']) {
      await check(`without ${name} the server does not start and says so`, async () => {
        const { [name]: _removed, ...rest } = whole;
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
    for (const [name, value] of faulty) {
      await check(`${name}=${JSON.stringify(value)} is refused, and not repeated`, async () => {
        const { code, stderr } = await runToEnd(environmentCheck, { ...whole, [name]: value });
        assert.equal(code, configExitCode);
        assert.match(stderr, new RegExp(name));
        if (value.length > 8) assert.ok(!stderr.includes(value), 'the value was printed');
      });
    }
    await check('.env.example is refused as it is', async () => {
      const example = parseEnv(readFileSync(join(root, '.env.example'), 'utf8'));
      const { code } = await runToEnd(environmentCheck, {
        ...(example as Record<string, string>),
        NODE_ENV: 'production',
      });
      assert.equal(code, configExitCode);
    });
    await check('a good environment starts, and the log shows no secret', async () => {
      const running = await startServer();
      running.child.kill('SIGTERM');
      assert.equal(await running.ended, 0);
      assert.match(running.output(), /Environment validation successful/);
      const { password } = new URL(stack.environment.DATABASE_URL ?? '');
      for (const secret of [stack.issuer.anonKey, stack.issuer.serviceRoleKey, password])
        assert.ok(!running.output().includes(secret), 'a secret was logged');
    });
    return finding();
  },
});

/** A whole production environment, so that what is removed from it is the only fault. */
const production = (stack: TestStack): Record<string, string> => ({
  ...stack.environment,
  NODE_ENV: 'production',
  SUPABASE_URL: 'https://project.supabase.test',
  ALLOWED_ORIGINS: 'https://app.acme.test',
});

async function refusal(env: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(server, { ...env, PORT: '0' });
  assert.equal(code, configExitCode, `exit code ${code}\n${stdout}${stderr}`);
  assert.ok(!stdout.includes('Server ready'), 'a port was opened');
  return stderr;
}
