import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase, withDatabase } from '../../../test/support/open-database.ts';
import { startTcpRelay } from '../../../test/support/tcp-relay.ts';
import type { Database, Transaction } from './types.ts';

let cloned: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Database;

const sleep = (seconds: number) => (tx: Transaction) => tx.query('SELECT pg_sleep($1)', [seconds]);
const pidOf = async (tx: Transaction): Promise<number> => {
  const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
};
const terminate = (pids: readonly number[]) =>
  db.asLogin((tx) =>
    tx.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid', [pids]),
  );
const since = (start: number) => performance.now() - start;

beforeAll(async () => {
  cloned = await openTestDatabase();
  db = openDatabase(cloned.url);
  for (const statement of [
    'CREATE TABLE counters (id int PRIMARY KEY, value int NOT NULL)',
    'INSERT INTO counters VALUES (1, 0), (2, 0), (3, 0)',
    'GRANT ALL ON counters TO service_role',
  ]) {
    await db.asLogin((tx) => tx.query(statement));
  }
});

afterAll(async () => {
  await db.close();
  await cloned.drop();
});

describe('time limits', () => {
  test('a statement over its limit is DATABASE_TIMEOUT, and the connection is used again', async () => {
    await withDatabase(cloned.url, { poolMax: 1 }, async (own) => {
      const pid = await own.asService(pidOf);
      const start = performance.now();
      const work = own.asService(sleep(10), { statementTimeoutMs: 100 });
      await expect(work).rejects.toMatchObject({ code: 'DATABASE_TIMEOUT', statusCode: 503 });
      expect(since(start)).toBeLessThan(1_000);
      expect(await own.asService(pidOf)).toBe(pid);
    });
  });

  test('a lock that is not had in time is DATABASE_TIMEOUT', async () => {
    await withDatabase(cloned.url, { lockTimeoutMs: 100 }, async (own) => {
      const lock = (tx: Transaction) => tx.query('SELECT * FROM counters WHERE id = 3 FOR UPDATE');
      await own.asService(async (tx) => {
        await lock(tx);
        await expect(own.asService(lock)).rejects.toMatchObject({ code: 'DATABASE_TIMEOUT' });
      });
    });
  });

  test('work that leaves its transaction idle too long loses it', async () => {
    await withDatabase(cloned.url, { statementTimeoutMs: 200 }, async (own) => {
      const { promise: forgotten, resolve: remember } = Promise.withResolvers<undefined>();
      let pid = 0;
      const work = own.asService(async (tx) => {
        pid = await pidOf(tx);
        await forgotten;
        return pidOf(tx);
      });
      await untilGone(() => pid);
      remember(undefined);
      await expect(work).rejects.toMatchObject({ statusCode: 503 });
      expect(await own.asService(pidOf)).not.toBe(pid);
    });
  });

  test('when all connections are taken the next caller gets 503 within the acquire timeout', async () => {
    await withDatabase(cloned.url, { poolMax: 2, acquireTimeoutMs: 200 }, async (own) => {
      const busy = [own.asService(sleep(1)), own.asService(sleep(1))];
      const start = performance.now();
      const refused = own.asService(pidOf);
      await expect(refused).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expect(since(start)).toBeLessThan(600);
      expect(own.state()).toEqual({ total: 2, idle: 0, waiting: 0, max: 2 });
      await Promise.all(busy);
      expect(own.state()).toEqual({ total: 2, idle: 2, waiting: 0, max: 2 });
    });
  });
});

describe('lost races', () => {
  test('of two transactions that deadlock both succeed, the victim at a later attempt', async () => {
    let runs = 0;
    const bothHold = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const increment = (own: Database, first: number, second: number, mine: number) =>
      own.asService(async (tx) => {
        runs += 1;
        await tx.query('UPDATE counters SET value = value + 1 WHERE id = $1', [first]);
        bothHold[mine]?.resolve(undefined);
        await bothHold[1 - mine]?.promise;
        await tx.query('UPDATE counters SET value = value + 1 WHERE id = $1', [second]);
      });
    // Postgres looks for deadlocks when a lock has been waited for a second.
    await withDatabase(
      cloned.url,
      { statementTimeoutMs: 10_000, lockTimeoutMs: 10_000 },
      async (own) => {
        await Promise.all([increment(own, 1, 2, 0), increment(own, 2, 1, 1)]);
      },
    );
    // On a busy machine both may look at the same moment, and both are victims once.
    expect(runs).toBeGreaterThanOrEqual(3);
    const { rows } = await db.asService((tx) =>
      tx.query('SELECT value FROM counters WHERE id IN (1, 2)'),
    );
    expect(rows).toEqual([{ value: 2 }, { value: 2 }]);
  });

  test('serializable increments at once all count', async () => {
    const increment = () =>
      db.asService(
        async (tx) => {
          const { rows } = await tx.query<{ value: number }>(
            'SELECT value FROM counters WHERE id = 3',
          );
          await tx.query('UPDATE counters SET value = $1 WHERE id = 3', [
            (rows[0]?.value ?? 0) + 1,
          ]);
        },
        { isolation: 'serializable' },
      );
    await Promise.all([increment(), increment()]);
    const { rows } = await db.asService((tx) =>
      tx.query('SELECT value FROM counters WHERE id = 3'),
    );
    expect(rows).toEqual([{ value: 2 }]);
  });

  test.each(['40001', '40P01'])('%s at every attempt is CONFLICT after three', async (sqlstate) => {
    let runs = 0;
    const work = db.asService(async (tx) => {
      runs += 1;
      // What work makes of the failure does not hide it.
      await tx
        .query(`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '${sqlstate}'; END $$`)
        .catch(() => {
          throw new Error('disguised');
        });
    });
    await expect(work).rejects.toMatchObject({ code: 'CONFLICT', statusCode: 409 });
    expect(runs).toBe(3);
  });

  test('other failures are not tried again', async () => {
    let runs = 0;
    const work = db.asService((tx) => {
      runs += 1;
      return tx.query('SELECT 1 / 0');
    });
    await expect(work).rejects.toMatchObject({ name: 'AppError' });
    expect(runs).toBe(1);
  });
});

describe('giving up', () => {
  test('before the start nothing runs', async () => {
    const work = db.asService(() => Promise.reject(new Error('ran')), {
      signal: AbortSignal.abort(new Error('gone')),
    });
    await expect(work).rejects.toThrow('gone');
  });

  test('while waiting for a connection rejects at once and loses no connection', async () => {
    await withDatabase(cloned.url, { poolMax: 1 }, async (own) => {
      const busy = own.asService(sleep(0.3));
      const start = performance.now();
      const waiting = own.asService(pidOf, { signal: AbortSignal.timeout(50) });
      await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(since(start)).toBeLessThan(250);
      await busy;
      await own.asService(pidOf);
      expect(own.state()).toMatchObject({ total: 1, idle: 1, waiting: 0 });
    });
  });

  test('during a statement rejects at once, rolls back, and keeps the connection', async () => {
    await withDatabase(cloned.url, { poolMax: 1 }, async (own) => {
      const pid = await own.asService(pidOf);
      const start = performance.now();
      const work = own.asService(
        async (tx) => {
          await tx.query('INSERT INTO counters VALUES (9, 9)');
          await tx.query('SELECT pg_sleep(0.4)');
        },
        { signal: AbortSignal.timeout(100) },
      );
      await expect(work).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(since(start)).toBeLessThan(350);
      const { rows } = await own.asService((tx) =>
        tx.query(
          'SELECT count(*)::int AS count, pg_backend_pid() AS pid FROM counters WHERE id = 9',
        ),
      );
      expect(rows).toEqual([{ count: 0, pid }]);
    });
  });
});

describe('closing', () => {
  test('leaves no connection open', async () => {
    const relay = await startTcpRelay(cloned.url);
    const own = openDatabase(relay.url);
    await Promise.all([own.asService(sleep(0.02)), own.asService(sleep(0.02))]);
    expect(relay.connections()).toBe(2);
    await own.close();
    expect(relay.connections()).toBe(0);
    await relay.close();
  });

  test('waits for running work, refuses new, and can be asked twice', async () => {
    const relay = await startTcpRelay(cloned.url);
    const own = openDatabase(relay.url);
    const running = own.asService(async (tx) => {
      await sleep(0.2)(tx);
      return pidOf(tx);
    });
    await own.asService(pidOf);
    const closed = own.close();
    await expect(own.asService(pidOf)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(own.close()).toBe(closed);
    await closed;
    await relay.close();
    await expect(running).resolves.toBeGreaterThan(0);
  });

  test('cuts off what has not ended by the deadline', async () => {
    const relay = await startTcpRelay(cloned.url);
    const own = openDatabase(relay.url, { statementTimeoutMs: 60_000 });
    const start = performance.now();
    let pid = 0;
    const inStatement = own.asService(async (tx) => {
      pid = await pidOf(tx);
      await sleep(30)(tx);
    });
    const inWork = own.asService(async (tx) => {
      await pidOf(tx);
      await new Promise(() => undefined);
    });
    const outcomes = Promise.allSettled([inStatement, inWork]);
    await own.asService(pidOf);
    await own.close(100);
    expect(since(start)).toBeLessThan(2_000);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await relay.unused();
    await relay.close();
    // Postgres itself notices a client that left only when the statement ends.
    await terminate([pid]);
  });
});

/** Resolves when the backend is no longer there. */
async function untilGone(pid: () => number): Promise<void> {
  for (;;) {
    const { rows } = await db.asLogin((tx) =>
      tx.query<{ gone: boolean }>(
        'SELECT $1 > 0 AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1) AS gone, pg_sleep(0.02)',
        [pid()],
      ),
    );
    if (rows[0]?.gone === true) return;
  }
}
