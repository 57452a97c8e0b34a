import { describe, expect, test } from '@jest/globals';
import { inspect } from 'node:util';
import {
  complaintsOf,
  developmentEnvironment,
  faultsOf,
  load,
  productionEnvironment,
  randomSecret,
  refusal,
} from '../../../test/support/environment.ts';
import { Joi } from '../schema/index.ts';
import { collectSections, defineSection, formatFaults, loadConfig, Secret } from './index.ts';
import { configDirectory, secretSetting, setting } from './index.ts';

const required = Object.keys(productionEnvironment()).filter((name) => name !== 'NODE_ENV');

const billing = defineSection({
  owner: 'modules/billing',
  keys: {
    BILLING_RETRIES: setting(Joi.number().integer(), { doc: 'Retries.', default: '3' }),
    BILLING_KEY: secretSetting(Joi.string(), { doc: 'The key.', example: 'your-billing-key' }),
    BILLING_CURRENCY: setting(Joi.string().length(3), {
      doc: 'Currency.',
      example: 'EUR',
      optional: true,
    }),
  },
  settings: (values) => ({
    retries: values.BILLING_RETRIES,
    key: values.BILLING_KEY,
    currency: values.BILLING_CURRENCY ?? 'USD',
  }),
});

describe('a configuration that is fit', () => {
  test('becomes typed settings with the defaults filled in', () => {
    const { kernel } = load(productionEnvironment());
    expect(kernel).toMatchObject({
      environment: 'production',
      log: { level: 'info' },
      http: {
        host: '0.0.0.0',
        port: 3000,
        allowedOrigins: ['https://kitchen.bulwark.dev'],
        trustProxy: false,
        bodyLimitBytes: 102_400,
      },
      auth: {
        issuer: 'https://abcdefghijkl.supabase.co/auth/v1',
        audience: 'authenticated',
        jwksUrl: 'https://abcdefghijkl.supabase.co/auth/v1/.well-known/jwks.json',
        jwksAlgorithms: ['ES256', 'RS256'],
        hs256: { kind: 'off' },
        sessionCheck: { kind: 'on', intervalMs: 5000 },
      },
      lifecycle: { drainMs: 2000, shutdownTimeoutMs: 15_000 },
    });
  });

  test('gives back the secrets exactly as they were set', () => {
    const environment = productionEnvironment();
    const { database, auth } = load(environment).kernel;
    expect(database.url.reveal()).toBe(environment['DATABASE_URL']);
    expect(auth.anonKey.reveal()).toBe(environment['SUPABASE_ANON_KEY']);
    expect(auth.serviceRoleKey.reveal()).toBe(environment['SUPABASE_SERVICE_ROLE_KEY']);
  });

  test('hands each module its own settings, typed', () => {
    const key = randomSecret();
    const { modules } = loadConfig({
      environment: { ...productionEnvironment(), BILLING_KEY: key },
      configDirectory,
      sections: { ...collectSections([]), modules: { billing } },
    });
    const { retries, currency }: { retries: number; currency: string } = modules.billing;
    expect([retries, currency, modules.billing.key.reveal()]).toEqual([3, 'USD', key]);
  });

  test('is frozen all the way down', () => {
    const { kernel } = load(productionEnvironment());
    const changes = [
      () => Object.assign(kernel, { environment: 'test' }),
      () => Object.assign(kernel.http, { port: 1 }),
      () => (kernel.http.allowedOrigins as string[]).push('https://evil.dev'),
      () => Object.assign(kernel.auth.sessionCheck, { kind: 'off' }),
      () => Object.assign(kernel.database.url, { reveal: () => '' }),
    ];
    for (const change of changes) expect(change).toThrow(TypeError);
  });

  test('is shown with every secret as [secret]', () => {
    const environment = { ...productionEnvironment(), BODY_LIMIT: '2mb' };
    const loaded = load(environment);
    expect(loaded.redacted).toMatchObject({
      NODE_ENV: 'production',
      PORT: '3000',
      BODY_LIMIT: '2mb',
      DATABASE_URL: '[secret]',
      SUPABASE_ANON_KEY: '[secret]',
      SUPABASE_SERVICE_ROLE_KEY: '[secret]',
    });
    expect(loaded.redacted).not.toHaveProperty('SUPABASE_JWT_SECRET');
    const shown = JSON.stringify(loaded) + inspect(loaded, { depth: 9, showHidden: true });
    for (const name of ['DATABASE_URL', 'SUPABASE_ANON_KEY', 'SUPABASE_SERVICE_ROLE_KEY'])
      expect(shown).not.toContain(environment[name as keyof typeof environment]);
  });
});

describe('what is missing', () => {
  test.each(required)('%s is named when it alone is missing', (name) => {
    const environment = { ...productionEnvironment(), [name]: undefined };
    expect(faultsOf(environment)).toEqual([
      expect.objectContaining({ variable: name, problem: expect.stringMatching(/^is missing/) }),
    ]);
  });

  test.each(required)('%s is told apart when it is set to nothing', (name) => {
    for (const nothing of ['', ' ', '\t\n'])
      expect(complaintsOf({ ...productionEnvironment(), [name]: nothing })).toEqual([
        `${name} is empty`,
      ]);
  });

  test('an empty value is a fault even where a default exists', () => {
    const environment = { ...productionEnvironment(), PORT: '', NODE_ENV: 'development' };
    expect(complaintsOf(environment)).toEqual(['PORT is empty']);
  });

  test('development needs no origins of its own', () => {
    const environment = { ...developmentEnvironment(), ALLOWED_ORIGINS: undefined };
    expect(load(environment).kernel.http.allowedOrigins).toEqual([
      'http://localhost:3000',
      'http://localhost:5173',
    ]);
  });
});

describe('what is said of faults', () => {
  const broken = {
    NODE_ENV: 'prodcanary',
    LOG_LEVEL: 'canary',
    HOST: 'canary canary',
    PORT: '70000canary',
    ALLOWED_ORIGINS: 'https://ok.dev,canary://x,https://canary.dev/path',
    TRUST_PROXY: 'canary',
    BODY_LIMIT: '12canary',
    REQUEST_TIMEOUT_MS: 'canary',
    DATABASE_URL: 'mysql://canary:canary@canary/canary',
    DATABASE_POOL_MAX: '1.5',
    SUPABASE_URL: 'canary',
    SUPABASE_ANON_KEY: 'canary',
    SUPABASE_SERVICE_ROLE_KEY: 'canary with white space in it, and longer than 32',
    JWT_ALGORITHMS: 'ES256,canary',
    SUPABASE_JWT_SECRET: 'canary',
    JWKS_URL: 'https://canary:canary@canary.dev/',
    SESSION_CHECK: 'canary',
    SESSION_CHECK_INTERVAL_MS: '10001',
    SOCKET_MAX_PAYLOAD: '64gbcanary',
    SOCKET_ALLOW_POLLING: 'canary',
    SHUTDOWN_TIMEOUT_MS: '-1',
  };

  test('all of them come at once, one line each, in the order of the schema', () => {
    const error = refusal(broken);
    expect(error?.faults.map(({ variable }) => variable)).toEqual(Object.keys(broken));
    const lines = formatFaults(error?.faults ?? []).split('\n');
    expect(lines).toHaveLength(Object.keys(broken).length);
    for (const line of lines) expect(line).toMatch(/^[A-Z_]+: .+\. .+\.$/);
  });

  test('no value is in them, in the error or in its stack', () => {
    const error = refusal(broken);
    const everything = `${formatFaults(error?.faults ?? [])}${inspect(error, { depth: 9, showHidden: true })}${error?.stack ?? ''}${JSON.stringify(error)}`;
    expect(error?.faults.length).toBeGreaterThan(20);
    expect(everything).not.toMatch(/canary/i);
    expect(error?.cause).toBeUndefined();
  });

  test('a fault of a module stands among those of the kernel', () => {
    const sections = collectSections([{ name: 'billing', config: billing }, { name: 'plain' }]);
    const environment = { ...productionEnvironment(), PORT: 'x', BILLING_CURRENCY: 'canary' };
    expect(complaintsOf(environment, { sections })).toEqual([
      'PORT is not valid',
      'BILLING_KEY is missing',
      'BILLING_CURRENCY is not valid',
    ]);
  });

  test('an unknown NODE_ENV is refused and judged as production', () => {
    const environment = {
      ...productionEnvironment(),
      NODE_ENV: 'prod',
      ALLOWED_ORIGINS: undefined,
    };
    expect(faultsOf(environment).map(({ variable }) => variable)).toEqual([
      'NODE_ENV',
      'ALLOWED_ORIGINS',
    ]);
  });

  test('a line cannot be broken up by what a name contains', () => {
    const fault = { variable: 'A\nB\u2028C\u001b[2J', problem: 'is wrong', remedy: 'Mend it' };
    expect(formatFaults([fault])).toBe('A B C [2J: is wrong. Mend it.');
  });

  test('two sections that define one variable are a mistake of the program', () => {
    const sections = { ...collectSections([]), modules: { billing, again: billing } };
    expect(() => load(productionEnvironment(), { sections })).toThrow(/BILLING_RETRIES .* again/);
  });
});

describe('rules between variables', () => {
  test.each([
    [{ HEADERS_TIMEOUT_MS: '30001' }, 'HEADERS_TIMEOUT_MS is longer than REQUEST_TIMEOUT_MS'],
    [{ DATABASE_LOCK_TIMEOUT_MS: '10001' }, 'DATABASE_LOCK_TIMEOUT_MS is longer than'],
    [{ SHUTDOWN_TIMEOUT_MS: '2000' }, 'SHUTDOWN_TIMEOUT_MS is not longer than SHUTDOWN_DRAIN_MS'],
  ])('%j is refused', (variables, complaint) => {
    const complaints = complaintsOf({ ...productionEnvironment(), ...variables });
    expect(complaints).toEqual([expect.stringContaining(complaint)]);
  });

  test('a rule keeps silent about a variable that is faulty by itself', () => {
    const environment = { ...productionEnvironment(), REQUEST_TIMEOUT_MS: 'soon' };
    expect(complaintsOf(environment)).toEqual(['REQUEST_TIMEOUT_MS is not valid']);
  });
});

test('a secret of the configuration is a Secret', () => {
  expect(load(productionEnvironment()).kernel.database.url).toBeInstanceOf(Secret);
});
