import { describe, expect, test } from '@jest/globals';
import {
  apiKey,
  complaintsOf,
  developmentEnvironment,
  load,
  productionEnvironment,
  randomSecret,
} from '../../../test/support/environment.ts';

const inEnvironment = (
  name: string,
  variables: Record<string, string | undefined> = {},
): string[] => complaintsOf({ ...productionEnvironment(), NODE_ENV: name, ...variables });

const every = ['development', 'test', 'staging', 'production'];
const local = ['development', 'test'];
const deployed = ['staging', 'production'];

/** In which environments the variables are refused, and with what. */
function refusals(variables: Record<string, string>): [string[], Set<string>] {
  const complaints = every.map((name) => inEnvironment(name, variables));
  const refusing = every.filter((_, index) => complaints[index]?.length !== 0);
  return [refusing, new Set(complaints.flat())];
}

describe('placeholders', () => {
  test.each([
    'changeme',
    'CHANGE_ME',
    'change-me-please-to-something-that-is-long-enough',
    'your-service-role-key',
    'YOUR_SERVICE_ROLE_KEY_GOES_HERE_AND_IS_LONG',
    '<service-role-key-of-your-project-in-the-dashboard>',
    'xxx',
    'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'sb_secret_xxxxxxxxxxxxxxxxxxxxxx_xxxxxxxx',
    '********************************************',
    'example',
    'TODO',
    'placeholder',
    '"replace-with-a-real-key-from-the-dashboard"',
  ])('%s is refused as a key everywhere', (placeholder) => {
    expect(refusals({ SUPABASE_SERVICE_ROLE_KEY: placeholder })).toEqual([
      every,
      new Set(['SUPABASE_SERVICE_ROLE_KEY holds a placeholder']),
    ]);
  });

  test.each([
    ['DATABASE_URL', 'postgresql://postgres:[YOUR-PASSWORD]@db.abcdefgh.supabase.co:5432/postgres'],
    ['DATABASE_URL', 'postgresql://postgres:changeme@localhost:5432/postgres'],
    ['DATABASE_URL', 'postgresql://postgres:%3Cpassword%3E@localhost:5432/postgres'],
    ['SUPABASE_URL', 'https://your-project.supabase.co'],
    ['SUPABASE_URL', 'https://<project-ref>.supabase.co'],
    ['SUPABASE_URL', 'https://xxx.supabase.co'],
    ['ALLOWED_ORIGINS', 'https://app.your-domain.com'],
    ['JWKS_URL', 'https://your-project.supabase.co/auth/v1/.well-known/jwks.json'],
  ])('in %s, %s is refused everywhere', (name, placeholder) => {
    expect(refusals({ [name]: placeholder })).toEqual([
      every,
      new Set([`${name} holds a placeholder`]),
    ]);
  });

  test('random secrets are not taken for placeholders', () => {
    for (let round = 0; round < 500; round += 1) {
      const variables = { JWT_ALGORITHMS: 'HS256', SUPABASE_JWT_SECRET: randomSecret() };
      expect(inEnvironment('production', variables)).toEqual([]);
    }
  });
});

describe('weak secrets', () => {
  const hs256 = (secret: string): Record<string, string> => ({
    JWT_ALGORITHMS: 'ES256,HS256',
    SUPABASE_JWT_SECRET: secret,
  });

  test('31 characters are too few everywhere, 32 are enough', () => {
    const secret = randomSecret();
    const short = 'SUPABASE_JWT_SECRET is shorter than 32 characters';
    expect(refusals(hs256(secret.slice(0, 31)))).toEqual([every, new Set([short])]);
    expect(refusals(hs256(secret.slice(0, 32)))[0]).toEqual([]);
  });

  test.each([
    '0123456789ABCDEF0123456789ABCDEF',
    '!ChangeThisMercureHubJWTSecretKey!',
    'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz==',
    'ñsda%%··$$·%jdjasrg80(/(&9432$·&·6',
  ])('%s stands in public lists and is refused everywhere', (secret) => {
    expect(refusals(hs256(secret))[0]).toEqual(every);
  });

  test('what every Supabase CLI hands out serves on a laptop only', () => {
    const known = 'is publicly known';
    expect(refusals(hs256('super-secret-jwt-token-with-at-least-32-characters-long'))).toEqual([
      deployed,
      new Set([`SUPABASE_JWT_SECRET ${known}`]),
    ]);
    const demo = { SUPABASE_SERVICE_ROLE_KEY: apiKey('service_role', 'supabase-demo') };
    const [refusing, complaints] = refusals(demo);
    expect(refusing).toEqual(deployed);
    expect([...complaints].join()).toContain('supabase-demo');
  });

  test.each([
    'postgres:postgres@localhost',
    'app:app@localhost',
    'app:password@localhost',
    'app:123456@localhost',
    'app:your%2Dsuper-secret-and-long-postgres-password@localhost',
  ])('the database account %s is refused where others can reach it', (account) => {
    const [refusing] = refusals({ DATABASE_URL: `postgresql://${account}:5432/app` });
    expect(refusing).toEqual(expect.arrayContaining(deployed));
  });

  test('a local database may have the password that all have', () => {
    const DATABASE_URL = 'postgresql://postgres:postgres@127.0.0.1:54322/postgres';
    for (const name of local) expect(inEnvironment(name, { DATABASE_URL })).toEqual([]);
  });

  test('a database password may be short, because the host may have chosen it', () => {
    const DATABASE_URL = 'postgresql://app:kX9vQ2mZ@db.bulwark.dev/app';
    expect(inEnvironment('production', { DATABASE_URL })).toEqual([]);
  });
});

describe('API keys', () => {
  test('in each other’s place are refused, in the old form and in the new', () => {
    for (const [anon, service] of [
      [apiKey('service_role'), apiKey('anon')],
      [`sb_secret_${randomSecret()}`, `sb_publishable_${randomSecret()}`],
    ])
      expect(
        inEnvironment('development', {
          SUPABASE_ANON_KEY: anon,
          SUPABASE_SERVICE_ROLE_KEY: service,
        }),
      ).toEqual([
        'SUPABASE_ANON_KEY is a key for another role than anon',
        'SUPABASE_SERVICE_ROLE_KEY is a key for another role than service_role',
      ]);
  });

  test('of the new form are accepted', () => {
    const variables = {
      SUPABASE_ANON_KEY: `sb_publishable_${randomSecret()}`,
      SUPABASE_SERVICE_ROLE_KEY: `sb_secret_${randomSecret()}`,
    };
    expect(inEnvironment('production', variables)).toEqual([]);
  });

  test('may not be one and the same', () => {
    const key = randomSecret();
    expect(
      inEnvironment('development', { SUPABASE_ANON_KEY: key, SUPABASE_SERVICE_ROLE_KEY: key }),
    ).toEqual(['SUPABASE_SERVICE_ROLE_KEY is the same as SUPABASE_ANON_KEY']);
  });
});

describe('HS256', () => {
  test('needs both halves', () => {
    expect(inEnvironment('development', { JWT_ALGORITHMS: 'HS256' })).toEqual([
      'SUPABASE_JWT_SECRET is missing, though JWT_ALGORITHMS lists HS256',
    ]);
    expect(inEnvironment('development', { SUPABASE_JWT_SECRET: randomSecret() })).toEqual([
      'JWT_ALGORITHMS does not list HS256, though SUPABASE_JWT_SECRET is set',
    ]);
  });

  test('is on with both, alone or beside the others', () => {
    const secret = randomSecret();
    const { auth } = load({
      ...developmentEnvironment(),
      JWT_ALGORITHMS: 'HS256, ES256',
      SUPABASE_JWT_SECRET: secret,
    }).kernel;
    expect(auth.jwksAlgorithms).toEqual(['ES256']);
    expect(auth.hs256.kind === 'on' && auth.hs256.secret.reveal()).toBe(secret);
  });
});

describe('addresses in production', () => {
  const refusedInProduction = (name: string, value: string): void => {
    const [refusing, complaints] = refusals({ [name]: value });
    expect(refusing).toEqual(['production']);
    expect([...complaints]).toEqual([expect.stringMatching(new RegExp(`^${name} .*production`))]);
  };

  test.each([
    'http://kitchen.bulwark.dev',
    'http://localhost:3000',
    'https://localhost:3000',
    'https://kitchen.bulwark.dev,http://127.0.0.1:5173',
  ])('the origin %s is refused', (origin) => {
    refusedInProduction('ALLOWED_ORIGINS', origin);
  });

  test.each([
    'http://supabase.bulwark.dev',
    'http://127.0.0.1:54321',
    'https://127.8.9.1',
    'https://localhost',
    'https://supabase.localhost.',
    'https://[::1]:54321',
    'https://[::ffff:127.0.0.1]',
    'https://0.0.0.0',
  ])('the project URL %s is refused', (url) => {
    refusedInProduction('SUPABASE_URL', url);
  });

  test('signing keys over plain http are refused', () => {
    refusedInProduction('JWKS_URL', 'http://supabase.bulwark.dev/jwks.json');
  });

  test('the URL of a service instead of the project is refused everywhere', () => {
    const [refusing] = refusals({ SUPABASE_URL: 'https://abcdefghijkl.supabase.co/auth/v1/' });
    expect(refusing).toEqual(every);
  });

  test('origins must be named in staging and production', () => {
    for (const name of deployed)
      expect(inEnvironment(name, { ALLOWED_ORIGINS: undefined })).toEqual([
        `ALLOWED_ORIGINS is missing in ${name}`,
      ]);
  });
});

describe('Redis', () => {
  const host = 'redis.bulwark.dev:6379';

  test('is off without a URL, and on with TLS and a password', () => {
    expect(load(productionEnvironment()).kernel.redis).toEqual({ kind: 'off' });
    expect(refusals({ REDIS_URL: `rediss://default:${randomSecret()}@${host}/1` })[0]).toEqual([]);
  });

  test.each(['http://redis:6379', 'redis://', 'redis://redis/name', 'redis://redis?db=1'])(
    '%s is no URL of a Redis',
    (url) => {
      expect(refusals({ REDIS_URL: url })[0]).toEqual(every);
    },
  );

  test('without a password is refused where others can reach it', () => {
    expect(refusals({ REDIS_URL: `rediss://${host}` })[0]).toEqual(deployed);
    expect(refusals({ REDIS_URL: 'redis://127.0.0.1:6379' })[0]).toEqual([]);
  });

  test('is plain in production within a private network only', () => {
    const at = (name: string) => refusals({ REDIS_URL: `redis://:${randomSecret()}@${name}` })[0];
    for (const name of [host, '8.8.8.8', '172.32.0.1', '[2001:db8::1]'])
      expect(at(name)).toEqual(['production']);
    for (const name of ['redis', 'redis.internal', '10.0.0.3', '172.31.9.9', '[fd00::1]'])
      expect(at(name)).toEqual([]);
  });
});

test('a server that others reach knows no provider sandbox', () => {
  expect(refusals({ PROVIDER_SANDBOX_URL: 'http://127.0.0.1:54323' })).toEqual([
    deployed,
    new Set([
      'PROVIDER_SANDBOX_URL is set in staging',
      'PROVIDER_SANDBOX_URL is set in production',
    ]),
  ]);
});
