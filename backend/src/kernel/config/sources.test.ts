import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  complaintsOf,
  developmentEnvironment,
  faultsOf,
  load,
  productionEnvironment,
  randomSecret,
} from '../../../test/support/environment.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bulwark-config-'));
  for (const name of ['default', 'development', 'staging', 'production'])
    writeFileSync(join(directory, `${name}.json`), '{}');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}
const json = (name: string, content: unknown): string => write(name, JSON.stringify(content));

describe('which source wins', () => {
  const levels = (): string => {
    const overrides = { configDirectory: directory, environmentFile: join(directory, '.env') };
    return load(environment, overrides).kernel.log.level;
  };
  let environment: Record<string, string>;

  test('the environment before .env, that before the files, those before the default', () => {
    environment = developmentEnvironment();
    expect(levels()).toBe('info');
    json('default.json', { LOG_LEVEL: 'warn' });
    expect(levels()).toBe('warn');
    json('development.json', { LOG_LEVEL: 'error' });
    expect(levels()).toBe('error');
    write('.env', 'LOG_LEVEL=fatal');
    expect(levels()).toBe('fatal');
    environment['LOG_LEVEL'] = 'trace';
    expect(levels()).toBe('trace');
  });

  test.each(['test', 'staging', 'production'])('.env is not read in %s', (name) => {
    write('.env', 'LOG_LEVEL=fatal');
    environment = { ...productionEnvironment(), NODE_ENV: name };
    expect(levels()).toBe('info');
  });

  test('each environment has its file, and tests that of development', () => {
    for (const [index, name] of ['development', 'staging', 'production'].entries())
      json(`${name}.json`, { PORT: 4000 + index });
    const portIn = (name: string): number =>
      load({ ...productionEnvironment(), NODE_ENV: name }, { configDirectory: directory }).kernel
        .http.port;
    expect(['development', 'test', 'staging', 'production'].map(portIn)).toEqual([
      4000, 4000, 4001, 4002,
    ]);
  });

  test('an empty value in the environment does not fall back to a file', () => {
    json('default.json', { PORT: 4000 });
    const complaints = complaintsOf(
      { ...developmentEnvironment(), PORT: '' },
      { configDirectory: directory },
    );
    expect(complaints).toEqual(['PORT is empty']);
  });
});

describe('the files', () => {
  const complaints = (): string[] =>
    complaintsOf(productionEnvironment(), { configDirectory: directory }).map((complaint) =>
      complaint.replaceAll(directory.split('/').at(-1) ?? '', 'config'),
    );

  test('take numbers, booleans, texts and lists of texts', () => {
    json('production.json', { PORT: 4000, SOCKET_ALLOW_POLLING: true, BODY_LIMIT: '1mb' });
    json('default.json', { TRUST_PROXY: ['loopback', '10.0.0.0/8'] });
    const { http, realtime } = load(productionEnvironment(), { configDirectory: directory }).kernel;
    expect(http).toMatchObject({ port: 4000, bodyLimitBytes: 1024 ** 2 });
    expect(http.trustProxy).toEqual(['loopback', '10.0.0.0/8']);
    expect(realtime.allowPolling).toBe(true);
  });

  test('may not hold a secret, even one that the environment overrules', () => {
    json('production.json', { DATABASE_URL: 'postgres://u:canary@h/d' });
    expect(complaints()).toEqual(['DATABASE_URL is a secret and stands in config/production.json']);
  });

  test('may not hold an unknown name, NODE_ENV or a value of another type', () => {
    json('default.json', { PROT: 1, NODE_ENV: 'production', PORT: null, HOST: { a: 1 } });
    expect(complaints().sort()).toEqual([
      'HOST has a value in config/default.json that is no text, number, boolean or list of texts',
      'NODE_ENV stands in config/default.json, which is chosen by it',
      'PORT has a value in config/default.json that is no text, number, boolean or list of texts',
      'PROT (config/default.json) is not a setting of this server',
    ]);
  });

  test('are named where a value in them is malformed', () => {
    json('production.json', { PORT: 'canary' });
    expect(complaints()).toEqual(['PORT (config/production.json) is not valid']);
  });

  test.each([
    ['{ "PORT": canary }', 'is not JSON'],
    ['[]', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['', 'is not JSON'],
    [Buffer.from([0x7b, 0xff, 0x7d]), 'is not UTF-8 text'],
  ])('that hold %j are a fault', (content, problem) => {
    write('production.json', content);
    expect(complaints()).toEqual([`config/production.json ${problem}`]);
  });

  test('that do not exist are a fault', () => {
    rmSync(join(directory, 'production.json'));
    expect(complaints()).toEqual(['config/production.json does not exist']);
  });
});

describe('.env', () => {
  const options = (): { environmentFile: string } => ({ environmentFile: join(directory, '.env') });
  const withoutSecrets = { NODE_ENV: 'development' };

  test('supplies everything, quoted, exported, commented and over several lines', () => {
    const { DATABASE_URL, SUPABASE_URL, ...others } = developmentEnvironment();
    write(
      '.env',
      `# a comment\r\n\nexport DATABASE_URL="${DATABASE_URL ?? ''}"\nSUPABASE_URL='${SUPABASE_URL ?? ''}' # here\n` +
        `UNRELATED="one\ntwo"\n${Object.entries(others)
          .map((pair) => pair.join('='))
          .join('\n')}`,
    );
    const { database } = load(withoutSecrets, options()).kernel;
    expect(database.url.reveal()).toBe(DATABASE_URL);
  });

  test('need not exist', () => {
    expect(complaintsOf(developmentEnvironment(), options())).toEqual([]);
  });

  test('is refused by line number where a line says nothing', () => {
    write('.env', 'PORT=3000\nLOG_LEVEL canary\n# fine\n=canary\nHOST="canary\n');
    expect(complaintsOf(developmentEnvironment(), options())).toEqual([
      '.env has lines that are no NAME=value: 2, 4, 5',
      'HOST is not an IP address or a host name',
    ]);
  });

  test('is refused where it cannot be read', () => {
    mkdirSync(join(directory, '.env'));
    expect(complaintsOf(developmentEnvironment(), options())).toEqual(['.env is a directory']);
  });

  test('does not make a production server', () => {
    write('.env', 'NODE_ENV=production');
    const environment = { ...developmentEnvironment(), NODE_ENV: undefined };
    expect(faultsOf(environment, options()).map(({ variable }) => variable)).toEqual(['NODE_ENV']);
  });
});

describe('a secret in a file', () => {
  const names = ['DATABASE_URL', 'SUPABASE_ANON_KEY', 'SUPABASE_SERVICE_ROLE_KEY'];

  test.each(names)('is read for %s, without the newline at its end', (name) => {
    const { [name]: secret = '', ...environment } = productionEnvironment();
    environment[`${name}_FILE`] = write('secret', `${secret}\r\n`);
    const { database, auth } = load(environment).kernel;
    const secrets = [database.url, auth.anonKey, auth.serviceRoleKey];
    expect(secrets[names.indexOf(name)]?.reveal()).toBe(secret);
  });

  const complaintsWith = (path: string): string[] => {
    const environment = { ...productionEnvironment(), DATABASE_URL: undefined };
    return complaintsOf({ ...environment, DATABASE_URL_FILE: path });
  };

  test.each([
    ['absent', 'names a file that does not exist'],
    ['folder', 'names a file that is a directory'],
    ['empty', 'names a file that is empty'],
    ['large', 'names a file that is larger than 64 KiB'],
    ['binary', 'names a file that is not UTF-8 text'],
    ['malformed', 'is not valid'],
  ])('that is %s is a fault of the _FILE variable', (name, problem) => {
    mkdirSync(join(directory, 'folder'));
    write('empty', ' \n');
    write('large', randomSecret().repeat(2000));
    write('binary', Buffer.from([0xff, 0xfe]));
    write('malformed', 'canary');
    expect(complaintsWith(join(directory, name))).toEqual([`DATABASE_URL_FILE ${problem}`]);
  });

  test('that never ends is a fault and not a full memory', () => {
    const problem = 'DATABASE_URL_FILE names a file that is larger than 64 KiB';
    expect(complaintsWith('/dev/zero')).toEqual([problem]);
  });

  test('without a path is a fault', () => {
    expect(complaintsWith(' ')).toEqual(['DATABASE_URL_FILE is empty']);
  });

  test('that may not be read is a fault', () => {
    const environment = { ...productionEnvironment(), DATABASE_URL: undefined };
    const readFile = (path: string): string => {
      if (path.endsWith('.json')) return '{}';
      // As `node:fs` refuses; to root, who may run this test, it refuses nothing.
      throw Object.assign(new Error(`EACCES: permission denied, open '${path}'`), {
        code: 'EACCES',
      });
    };
    expect(complaintsOf({ ...environment, DATABASE_URL_FILE: '/canary' }, { readFile })).toEqual([
      'DATABASE_URL_FILE names a file that may not be read by this user',
    ]);
  });

  test('is refused beside the variable itself, even if both agree, and its path is never shown', () => {
    const environment = productionEnvironment();
    const path = write('canary', environment['DATABASE_URL'] ?? '');
    const faults = faultsOf({ ...environment, DATABASE_URL_FILE: path });
    expect(faults.map(({ variable }) => variable)).toEqual(['DATABASE_URL']);
    expect(faults[0]?.problem).toContain('DATABASE_URL_FILE');
    expect(JSON.stringify(faults)).not.toContain('canary');
  });
});

describe('an alias', () => {
  const environment = { ...productionEnvironment(), ALLOWED_ORIGINS: undefined };
  const origins = 'https://a.bulwark.dev, https://b.bulwark.dev';

  test('is read in place of its setting, also before the files', () => {
    json('production.json', { ALLOWED_ORIGINS: ['https://c.bulwark.dev'] });
    const { http } = load(
      { ...environment, CORS_ORIGIN: origins },
      { configDirectory: directory },
    ).kernel;
    expect(http.allowedOrigins).toEqual(['https://a.bulwark.dev', 'https://b.bulwark.dev']);
  });

  test('may say the same as its setting in other words, and nothing else', () => {
    const same = 'https://A.bulwark.dev:443/,https://b.bulwark.dev';
    expect(complaintsOf({ ...environment, ALLOWED_ORIGINS: origins, CORS_ORIGIN: same })).toEqual(
      [],
    );
    const other = complaintsOf({
      ...environment,
      ALLOWED_ORIGINS: origins,
      CORS_ORIGIN: 'https://a.bulwark.dev',
    });
    expect(other).toEqual([
      expect.stringMatching(/^ALLOWED_ORIGINS is set as well as CORS_ORIGIN/),
    ]);
  });

  test('is named where it is malformed', () => {
    const [complaint] = complaintsOf({ ...environment, CORS_ORIGIN: '*' });
    expect(complaint).toMatch(/^CORS_ORIGIN is not a list of origins: entry 1 has a wildcard/);
  });
});

describe('variables that are not ours', () => {
  const warningsOf = (name: string): readonly string[] =>
    load({ ...productionEnvironment(), [name]: 'canary' }).warnings;

  test.each([
    ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS'],
    ['CORS_ORIGINS', 'CORS_ORIGIN'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATABASE_URL_FLIE', 'DATABASE_URL_FILE'],
    ['REQUEST_TIMEOUT', 'REQUEST_TIMEOUT_MS'],
    ['SUPABASE_SERVICE_ROL_KEY', 'SUPABASE_SERVICE_ROLE_KEY'],
  ])('are pointed out where they look like ours: %s', (name, meant) => {
    expect(warningsOf(name)).toEqual([`${name} is not read; did you mean ${meant}?`]);
  });

  test.each([
    'HOME',
    'HOSTNAME',
    'PATH',
    'POST',
    'PGHOST',
    'JOBS_URL',
    'SUPABASE_ACCESS_TOKEN',
    'LOGNAME',
  ])('are left alone otherwise: %s', (name) => {
    expect(warningsOf(name)).toEqual([]);
  });
});
