import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase, withDatabase } from '../../../test/support/open-database.ts';
import { startTcpRelay } from '../../../test/support/tcp-relay.ts';
import { startTransactionPooler } from '../../../test/support/transaction-pooler.ts';
import type { Database, RowIdentity } from './types.ts';

const userOf = (sub: string) =>
  ({ kind: 'user', claims: { payload: Object.freeze({ sub, role: 'authenticated' }) } }) as const;
const ada = userOf(randomUUID());
const bob = userOf(randomUUID());
const anonymous: RowIdentity = { kind: 'anonymous' };

let cloned: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Database;

const select = 'SELECT body FROM notes ORDER BY body';
const whoAsks =
  'SELECT current_user::text AS "user", auth.uid() AS uid, pg_backend_pid() AS pid, $1::int AS given';
const read = async (caller: RowIdentity, sql: string, own = db) =>
  (await own.readAsCaller<Record<string, unknown>>(caller, sql, [])).rows;
const pidOf = async (own: Database) =>
  (await own.readAsCaller<{ pid: number }>(ada, whoAsks, [1])).rows[0]?.pid;

beforeAll(async () => {
  cloned = await openTestDatabase();
  db = openDatabase(cloned.url);
  for (const statement of [
    'CREATE TABLE notes (body text NOT NULL, owner uuid NOT NULL)',
    'ALTER TABLE notes ENABLE ROW LEVEL SECURITY',
    'CREATE POLICY own ON notes USING (owner = auth.uid())',
    'GRANT ALL ON notes TO anon, authenticated',
    'CREATE SEQUENCE looks',
    'GRANT ALL ON SEQUENCE looks TO authenticated',
    `CREATE FUNCTION fail(state text) RETURNS int LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'x' USING ERRCODE = state; END $$`,
  ]) {
    await db.asLogin((tx) => tx.query(statement));
  }
  for (const { claims } of [ada, bob]) {
    await db.asLogin((tx) =>
      tx.query("INSERT INTO notes VALUES ('of ' || $1::text, $1::text::uuid)", [
        claims.payload.sub,
      ]),
    );
  }
});

afterAll(async () => {
  await db.close();
  await cloned.drop();
});

describe('one read in one round trip', () => {
  test('sees what row-level security lets its caller see', async () => {
    expect(await read(ada, select)).toEqual([{ body: `of ${ada.claims.payload.sub}` }]);
    expect(await read(bob, select)).toEqual([{ body: `of ${bob.claims.payload.sub}` }]);
    expect(await read(anonymous, select)).toEqual([]);
  });

  test('gives rows and their number, with parameters, and none', async () => {
    const { rows, rowCount } = await db.readAsCaller(ada, whoAsks, [7]);
    expect(rows).toEqual([
      expect.objectContaining({ user: 'authenticated', uid: ada.claims.payload.sub, given: 7 }),
    ]);
    expect(rowCount).toBe(1);
    expect(await db.readAsCaller(ada, 'SELECT 1 WHERE false', [])).toEqual({
      rows: [],
      rowCount: 0,
    });
  });

  test('many callers at once on few connections never see each other, also between failures', async () => {
    const callers = Array.from({ length: 60 }, () => userOf(randomUUID()));
    const seen = await Promise.all(
      callers.map(async (caller, index) => {
        if (index % 3 === 0) return read(caller, 'SELECT 1 / 0').catch(() => 'failed');
        const { rows } = await db.readAsCaller<{ uid: string }>(caller, whoAsks, [index]);
        return rows[0]?.uid;
      }),
    );
    expect(seen).toEqual(
      callers.map(({ claims }, index) => (index % 3 === 0 ? 'failed' : claims.payload.sub)),
    );
  });

  test.each([
    ["INSERT INTO notes VALUES ('x', auth.uid())", 'DATABASE_UNAVAILABLE'],
    ["SELECT nextval('looks')", 'DATABASE_UNAVAILABLE'],
    ['SELECT 1; SELECT 2', 'INTERNAL_ERROR'],
    ['COMMIT', 'INTERNAL_ERROR'],
    ['ROLLBACK', 'INTERNAL_ERROR'],
    ['BEGIN', 'INTERNAL_ERROR'],
    ['START TRANSACTION', 'INTERNAL_ERROR'],
  ])('%s is refused', async (sql, code) => {
    await expect(read(ada, sql)).rejects.toMatchObject({ code });
    expect(await read(ada, select)).toHaveLength(1);
  });

  test('does not run where its settings are refused', async () => {
    const looks = () =>
      db.asLogin(async (tx) => (await tx.query('SELECT is_called FROM looks')).rows);
    const impossible = { statementTimeoutMs: -1 };
    await expect(
      db.readAsCaller(ada, "SELECT nextval('looks')", [], impossible),
    ).rejects.toMatchObject({ name: 'AppError' });
    expect(await looks()).toEqual([{ is_called: false }]);
  });

  test('keeps the limits on statements and on locks', async () => {
    const late = db.readAsCaller(ada, 'SELECT pg_sleep(10)', [], { statementTimeoutMs: 100 });
    await expect(late).rejects.toMatchObject({ code: 'DATABASE_TIMEOUT' });
    await withDatabase(cloned.url, { lockTimeoutMs: 100 }, async (own) => {
      await db.asLogin(async (tx) => {
        await tx.query('LOCK TABLE notes IN ACCESS EXCLUSIVE MODE');
        await expect(read(ada, select, own)).rejects.toMatchObject({ code: 'DATABASE_TIMEOUT' });
      });
    });
  });

  test.each(['40001', '40P01'])('%s at every attempt is CONFLICT', async (sqlstate) => {
    await expect(read(ada, `SELECT fail('${sqlstate}')`)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('is given up at once, before it starts and while it runs, and its connection is kept', async () => {
    await withDatabase(cloned.url, { poolMax: 1 }, async (own) => {
      const pid = await pidOf(own);
      const gone = { signal: AbortSignal.abort(new Error('gone')) };
      await expect(own.readAsCaller(ada, select, [], gone)).rejects.toThrow('gone');
      const leaving = new AbortController();
      const running = own.readAsCaller(ada, 'SELECT pg_sleep(0.3)', [], {
        signal: leaving.signal,
      });
      setImmediate(() => {
        leaving.abort(new Error('left'));
      });
      await expect(running).rejects.toThrow('left');
      expect(await pidOf(own)).toBe(pid);
    });
  });

  test('is tried again where its connection breaks, and fails in time where nothing answers', async () => {
    const relay = await startTcpRelay(cloned.url);
    await withDatabase(relay.url, { poolMax: 1, statementTimeoutMs: 300 }, async (own) => {
      await pidOf(own);
      relay.resetOnNextWrite();
      expect(await pidOf(own)).toBeGreaterThan(0);
      relay.swallow();
      await expect(pidOf(own)).rejects.toMatchObject({ code: 'DATABASE_TIMEOUT' });
      relay.recover();
      expect(await pidOf(own)).toBeGreaterThan(0);
    });
    await relay.close();
  });
});

test('through a transaction pooler it is one round trip, and leaves nothing behind', async () => {
  const pooler = await startTransactionPooler(cloned.url);
  const observer = new Client({ connectionString: pooler.url });
  await observer.connect();
  const unprepared = { statementTimeoutMs: 200, prepareReads: false };
  await withDatabase(pooler.url, unprepared, async (own) => {
    const settings = async () => {
      const { rows } = await observer.query(`
        SELECT current_user = session_user AS own_role,
          coalesce(current_setting('request.jwt.claims', true), '') AS claims,
          current_setting('statement_timeout') AS statement_timeout,
          current_setting('lock_timeout') AS lock_timeout,
          current_setting('transaction_read_only') AS read_only,
          (SELECT count(*)::int FROM pg_prepared_statements) AS prepared`);
      return rows[0] as unknown;
    };
    const untouched = await settings();
    expect(untouched).toMatchObject({ own_role: true, claims: '', read_only: 'off', prepared: 0 });
    for (const sql of [select, 'SELECT 1 / 0', 'SELECT pg_sleep(5)', 'COMMIT', 'BEGIN', 'SELEKT']) {
      await read(ada, sql, own).catch(() => undefined);
      expect(await settings()).toEqual(untouched);
    }
    const before = pooler.roundTrips();
    await read(ada, select, own);
    expect(pooler.roundTrips() - before).toBe(1);
  });
  await observer.end();
  await pooler.close();
});

describe('a read is prepared', () => {
  const keptNames = `SELECT count(*)::int AS kept FROM pg_prepared_statements WHERE name LIKE 'bulwark%'`;
  const kept = async (own: Database) =>
    (await own.asLogin((tx) => tx.query<{ kept: number }>(keptNames))).rows[0]?.kept;

  test('once a connection, whoever asks, and each sees their own rows', async () => {
    await withDatabase(cloned.url, { poolMax: 1 }, async (own) => {
      for (let round = 0; round < 8; round += 1) {
        expect(await read(ada, select, own)).toEqual([{ body: `of ${ada.claims.payload.sub}` }]);
        expect(await read(bob, select, own)).toEqual([{ body: `of ${bob.claims.payload.sub}` }]);
        expect(await read(anonymous, select, own)).toEqual([]);
      }
      expect(await kept(own)).toBe(2); // the settings, and the read
    });
  });

  test('again after a failure of its first attempt, be it in its text, its values or its run', async () => {
    await withDatabase(cloned.url, { poolMax: 1 }, async (own) => {
      const divide = async (by: number) =>
        (await own.readAsCaller<{ result: number }>(ada, 'SELECT 6 / $1::int AS result', [by]))
          .rows[0]?.result;
      await expect(divide(0)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
      expect(await divide(2)).toBe(3);
      await expect(read(ada, 'SELECT body FROM notes_to_come', own)).rejects.toThrow();
      await own.asLogin((tx) => tx.query('CREATE TABLE notes_to_come (body text)'));
      await own.asLogin((tx) => tx.query('GRANT SELECT ON notes_to_come TO authenticated'));
      expect(await read(ada, 'SELECT body FROM notes_to_come', own)).toEqual([]);
      await expect(divide(0)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
      expect(await divide(3)).toBe(2);
    });
  });

  test('anew where a migration has changed its columns', async () => {
    await withDatabase(cloned.url, { poolMax: 1 }, async (own) => {
      await own.asLogin((tx) => tx.query('CREATE TABLE changing (one int)'));
      await own.asLogin((tx) => tx.query('GRANT SELECT ON changing TO authenticated'));
      expect(await read(ada, 'SELECT * FROM changing', own)).toEqual([]);
      await own.asLogin((tx) => tx.query('ALTER TABLE changing ADD two int DEFAULT 2'));
      await own.asLogin((tx) => tx.query('INSERT INTO changing VALUES (1)'));
      expect(await read(ada, 'SELECT * FROM changing', own)).toEqual([{ one: 1, two: 2 }]);
      expect(await kept(own)).toBe(2);
    });
  });

  test('no more where a pooler between does not keep it', async () => {
    const pooler = await startTransactionPooler(cloned.url);
    const observer = new Client({ connectionString: pooler.url });
    await observer.connect();
    await withDatabase(pooler.url, {}, async (own) => {
      expect(await read(ada, select, own)).toHaveLength(1);
      await observer.query('DEALLOCATE ALL'); // as if the next message reached another connection
      expect(await read(ada, select, own)).toEqual([{ body: `of ${ada.claims.payload.sub}` }]);
      expect(await read(bob, select, own)).toEqual([{ body: `of ${bob.claims.payload.sub}` }]);
      expect((await observer.query(keptNames)).rows).toEqual([{ kept: 0 }]);
    });
    await observer.end();
    await pooler.close();
  });
});
