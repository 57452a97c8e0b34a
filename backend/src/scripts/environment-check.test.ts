import { describe, expect, test } from '@jest/globals';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { productionEnvironment } from '../../test/support/environment.ts';
import { configExitCode } from '../kernel/config/index.ts';

const script = fileURLToPath(new URL('environment-check.ts', import.meta.url));

function check(environment: Record<string, string>): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [script], { env: environment, encoding: 'utf8' });
}

describe('environment-check', () => {
  test('says yes with the redacted settings, and the hint apart from them', () => {
    const environment = productionEnvironment();
    const { status, stdout, stderr } = check({ ...environment, ALLOWED_ORIGIN: 'https://x.dev' });
    expect(status).toBe(0);
    const [first, ...settings] = stdout.trim().split('\n');
    expect(first).toBe('Environment validation successful');
    expect(settings).toEqual(
      expect.arrayContaining(['NODE_ENV=production', 'PORT=3000', 'DATABASE_URL=[secret]']),
    );
    expect(stderr).toBe('warning: ALLOWED_ORIGIN is not read; did you mean ALLOWED_ORIGINS?\n');
    for (const name of ['DATABASE_URL', 'SUPABASE_ANON_KEY', 'SUPABASE_SERVICE_ROLE_KEY'])
      expect(stdout).not.toContain(environment[name]);
  });

  test('says no with every fault and exit code 78', () => {
    const { status, stdout, stderr } = check({
      ...productionEnvironment(),
      DATABASE_URL: 'canary',
      PORT: 'canary',
      ALLOWED_ORIGINS: 'http://canary.dev',
    });
    expect(status).toBe(configExitCode);
    expect(configExitCode).toBe(78);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toEqual([
      'Environment validation failed',
      expect.stringMatching(/^PORT: /),
      expect.stringMatching(/^ALLOWED_ORIGINS: /),
      expect.stringMatching(/^DATABASE_URL: /),
    ]);
    expect(stderr).not.toContain('canary');
  });
});
