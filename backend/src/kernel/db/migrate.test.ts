import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import { startTransactionPooler } from '../../../test/support/transaction-pooler.ts';
import { exportMigrations } from './export-migrations.ts';
import { migrationStatus, runMigrations } from './migrate.ts';
import type { MigrationSource } from './migration-files.ts';
import type { Database } from './types.ts';

interface Folder extends MigrationSource {
  path: string;
  write(name: string, sql: string): Promise<void>;
}

let cloned: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Database;
let alpha: Folder;
let beta: Folder;

const logged: unknown[] = [];
const logger = { info: (...line: unknown[]) => logged.push(line) };

async function folder(owner: string): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'bulwark-migrations-'));
  return {
    owner,
    path,
    directory: pathToFileURL(`${path}/`),
    write: (name, sql) => writeFile(join(path, name), sql),
  };
}

async function rowsOf(sql: string): Promise<Record<string, unknown>[]> {
  return (await db.asLogin((tx) => tx.query(sql))).rows;
}

const run = (...sources: MigrationSource[]) => runMigrations(cloned.url, sources, logger);
const names = (migrations: readonly { owner: string; name: string }[]) =>
  migrations.map(({ owner, name }) => `${owner}/${name}`);

beforeAll(async () => {
  cloned = await openTestDatabase();
  db = openDatabase(cloned.url);
});

afterAll(async () => {
  await db.close();
  await cloned.drop();
});

beforeEach(async () => {
  alpha = await folder('alpha');
  beta = await folder('beta');
  logged.length = 0;
  await db.asLogin((tx) => tx.query('DROP SCHEMA IF EXISTS bulwark, trial CASCADE'));
  await db.asLogin((tx) => tx.query('CREATE SCHEMA trial'));
});

afterEach(async () => {
  for (const { path } of [alpha, beta]) await rm(path, { recursive: true });
});

describe('running migrations', () => {
  test('applies the files of all owners in time order, once', async () => {
    await beta.write('20250102000000_second.sql', 'insert into trial.log values (2)');
    await alpha.write('20250103000000_third.sql', 'insert into trial.log values (3)');
    await alpha.write(
      '20250101000000_first.sql',
      'create table trial.log (entry int);\ninsert into trial.log values (1);',
    );
    const expected = [
      'alpha/20250101000000_first.sql',
      'beta/20250102000000_second.sql',
      'alpha/20250103000000_third.sql',
    ];
    expect(names(await run(alpha, beta))).toEqual(expected);
    expect(await run(alpha, beta)).toEqual([]);
    expect(await rowsOf('SELECT entry FROM trial.log')).toEqual([
      { entry: 1 },
      { entry: 2 },
      { entry: 3 },
    ]);
  });

  test("a new owner's older file is applied as well", async () => {
    await alpha.write('20250201000000_a.sql', 'create table trial.a ()');
    await run(alpha);
    await beta.write('20250101000000_b.sql', 'create table trial.b ()');
    expect(names(await run(alpha, beta))).toEqual(['beta/20250101000000_b.sql']);
  });

  test('a failing file is rolled back whole, says its line, and keeps those before it', async () => {
    await alpha.write('20250101000000_good.sql', 'create table trial.good ()');
    await alpha.write(
      '20250102000000_bad.sql',
      'create table trial.bad ();\n\ncreate table oops (;\n',
    );
    await alpha.write('20250103000000_after.sql', 'create table trial.after ()');
    await expect(run(alpha)).rejects.toThrow('alpha/20250102000000_bad.sql failed at line 3');
    expect(await rowsOf("SELECT tablename FROM pg_tables WHERE schemaname = 'trial'")).toEqual([
      { tablename: 'good' },
    ]);
    await alpha.write('20250102000000_bad.sql', 'create table trial.mended ()');
    expect(names(await run(alpha))).toEqual([
      'alpha/20250102000000_bad.sql',
      'alpha/20250103000000_after.sql',
    ]);
  });

  test('a file that was changed after it was applied stops everything', async () => {
    await alpha.write('20250101000000_a.sql', 'create table trial.a ()');
    await run(alpha);
    await alpha.write('20250101000000_a.sql', 'create table trial.a (id int)');
    await alpha.write('20250102000000_b.sql', 'create table trial.b ()');
    await expect(run(alpha)).rejects.toThrow(
      'Changed after they were applied: alpha/20250101000000_a.sql',
    );
    expect(await rowsOf("SELECT to_regclass('trial.b') AS b")).toEqual([{ b: null }]);
  });

  test('a checkout with other line ends is the same file', async () => {
    await alpha.write('20250101000000_a.sql', '-- a\ncreate table trial.a ();\n');
    await run(alpha);
    await alpha.write('20250101000000_a.sql', '\uFEFF-- a\r\ncreate table trial.a ();\r\n');
    expect(await run(alpha)).toEqual([]);
  });

  test('starts at once apply each file once', async () => {
    await alpha.write('20250101000000_a.sql', 'create table trial.a (); select pg_sleep(0.2)');
    await beta.write('20250102000000_b.sql', 'create table trial.b ()');
    const starts = await Promise.all([1, 2, 3].map(() => run(alpha, beta)));
    expect(starts.flatMap(names).sort()).toEqual([
      'alpha/20250101000000_a.sql',
      'beta/20250102000000_b.sql',
    ]);
  });

  test('works through a transaction pooler, also for several starts', async () => {
    const pooler = await startTransactionPooler(cloned.url);
    await alpha.write('20250101000000_a.sql', 'create table trial.a ()');
    const starts = await Promise.all([1, 2].map(() => runMigrations(pooler.url, [alpha], logger)));
    expect(starts.flatMap(names)).toEqual(['alpha/20250101000000_a.sql']);
    await pooler.close();
  });

  test('rows of an absent owner are left alone; a missing file of a present one is reported', async () => {
    await alpha.write('20250101000000_a.sql', 'create table trial.a ()');
    await beta.write('20250102000000_b.sql', 'create table trial.b ()');
    await run(alpha, beta);
    await rm(join(alpha.path, '20250101000000_a.sql'));
    logged.length = 0;
    await run(alpha);
    expect(logged).toEqual([
      [{ owner: 'alpha', migration: '20250101000000_a.sql' }, expect.any(String)],
    ]);
    expect(await rowsOf('SELECT owner FROM bulwark.migrations ORDER BY owner')).toEqual([
      { owner: 'alpha' },
      { owner: 'beta' },
    ]);
  });

  test('callers cannot read the ledger', async () => {
    await run(alpha);
    const read = db.asService((tx) => tx.query('SELECT * FROM bulwark.migrations'));
    await expect(read).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('files that are refused before anything is applied', () => {
  test.each([
    ['a name without a time', ['first.sql', 'select 1'], 'must be named'],
    ['a second file of the same time', ['20250101000000_b.sql', 'select 1'], 'have one time'],
    [
      'a commit',
      ['20250102000000_b.sql', 'select 1;\n  COMMIT ;\n'],
      'begins or ends a transaction',
    ],
    ['a begin', ['20250102000000_b.sql', 'begin transaction;\nselect 1;'], 'begins or ends'],
  ])('%s', async (_what, [name = '', sql = ''], message) => {
    await alpha.write('20250101000000_a.sql', 'create table trial.a ()');
    await beta.write(name, sql);
    await expect(run(alpha, beta)).rejects.toThrow(message);
    expect(await rowsOf("SELECT to_regclass('trial.a') AS a")).toEqual([{ a: null }]);
  });

  test('a function body that begins and ends blocks is no transaction control', async () => {
    const sql = `create function trial.f() returns int language plpgsql as $$
begin
  begin
    return 1;
  end;
end;
$$;`;
    await alpha.write('20250101000000_f.sql', sql);
    expect(await run(alpha)).toHaveLength(1);
  });

  test('a commit in the middle of a line is noticed when it has happened', async () => {
    await alpha.write('20250101000000_a.sql', 'create table trial.a (); commit;');
    await expect(run(alpha)).rejects.toThrow('ended the transaction');
  });
});

describe('the status', () => {
  test('says what is applied, pending and missing, and changes nothing', async () => {
    await alpha.write('20250101000000_a.sql', 'create table trial.a ()');
    expect(await migrationStatus(cloned.url, [alpha])).toEqual([
      { owner: 'alpha', name: '20250101000000_a.sql', state: 'pending' },
    ]);
    expect(await rowsOf("SELECT to_regclass('bulwark.migrations') AS l")).toEqual([{ l: null }]);
    await run(alpha);
    await alpha.write('20250102000000_b.sql', 'create table trial.b ()');
    await rm(join(alpha.path, '20250101000000_a.sql'));
    expect(await migrationStatus(cloned.url, [alpha])).toEqual([
      { owner: 'alpha', name: '20250102000000_b.sql', state: 'pending' },
      { owner: 'alpha', name: '20250101000000_a.sql', state: 'missing' },
    ]);
  });
});

describe('the export for the Supabase CLI', () => {
  test('copies every file with its owner in its name, and leaves other files alone', async () => {
    await beta.write('20250102000000_b.sql', '-- b');
    await alpha.write('20250101000000_a.sql', '-- a');
    const target = await folder('target');
    await target.write('20240101000000_own.sql', '-- own');
    expect(await exportMigrations([alpha, beta], target.directory)).toEqual([
      '20250101000000_alpha_a.sql',
      '20250102000000_beta_b.sql',
    ]);
    expect((await readdir(target.path)).sort()).toEqual([
      '20240101000000_own.sql',
      '20250101000000_alpha_a.sql',
      '20250102000000_beta_b.sql',
    ]);
    expect(await readFile(join(target.path, '20250102000000_beta_b.sql'), 'utf8')).toBe('-- b');
    await rm(target.path, { recursive: true });
  });
});
