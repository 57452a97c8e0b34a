import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase, withDatabase } from '../../../test/support/open-database.ts';
import { startTcpRelay } from '../../../test/support/tcp-relay.ts';
import { createLogger } from '../logging/index.ts';
import type { Database, Transaction } from './types.ts';

let cloned: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Database;

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
});

afterAll(async () => {
  await db.close();
  await cloned.drop();
});

describe('a server that goes away', () => {
  test('idle connections that were terminated do not disturb the next calls', async () => {
    await withDatabase(cloned.url, {}, async (own) => {
      const pids = await Promise.all([1, 2, 3].map(() => own.asService(pidOf)));
      await terminate(pids);
      const answers = await Promise.all([1, 2, 3, 4].map(() => own.asService(pidOf)));
      for (const pid of answers) expect(pids).not.toContain(pid);
    });
  });

  test('an idle connection that is lost is logged and leaves the pool', async () => {
    const logged = new EventEmitter();
    const logger = createLogger({
      level: 'debug',
      destination: { write: (line) => logged.emit('line', line) },
    });
    const own = openDatabase(cloned.url, {}, logger);
    const pid = await own.asService(pidOf);
    const line = once(logged, 'line');
    await terminate([pid]);
    expect(JSON.parse(String(await line))).toMatchObject({
      msg: 'An idle database connection was lost',
    });
    expect(own.state().total).toBe(0);
    await own.close();
  });

  test('a transaction whose backend is terminated fails as unavailable, the next one works', async () => {
    await withDatabase(cloned.url, { poolMax: 1 }, async (own) => {
      const work = own.asService(async (tx) => {
        await terminate([await pidOf(tx)]);
        return tx.query('SELECT 1');
      });
      await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', statusCode: 503 });
      await expect(own.asService(pidOf)).resolves.toBeGreaterThan(0);
    });
  });

  test('a connection that breaks as it is taken is replaced without the caller noticing', async () => {
    const relay = await startTcpRelay(cloned.url);
    await withDatabase(relay.url, { poolMax: 1 }, async (own) => {
      await own.asService(pidOf);
      relay.resetOnNextWrite();
      await expect(own.asService(pidOf)).resolves.toBeGreaterThan(0);
    });
    await relay.close();
  });

  test('a peer that is silently gone costs the statement timeout and a second, then the next call works', async () => {
    const relay = await startTcpRelay(cloned.url);
    await withDatabase(relay.url, { poolMax: 1, statementTimeoutMs: 300 }, async (own) => {
      await own.asService(pidOf);
      relay.swallow();
      const start = performance.now();
      const work = own.asService(pidOf);
      await expect(work).rejects.toMatchObject({ code: 'DATABASE_TIMEOUT' });
      expect(since(start)).toBeLessThan(2_000);
      relay.recover();
      await expect(own.asService(pidOf)).resolves.toBeGreaterThan(0);
    });
    await relay.close();
  });

  test('a port where nobody listens is DATABASE_UNAVAILABLE at once', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    taken.close();
    const start = performance.now();
    await withDatabase(`postgresql://postgres:x@127.0.0.1:${port}/postgres`, {}, (own) =>
      expect(own.asService(pidOf)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' }),
    );
    expect(since(start)).toBeLessThan(1_000);
  });

  test('ping says within its time whether the database answers', async () => {
    const relay = await startTcpRelay(cloned.url);
    await withDatabase(relay.url, {}, async (own) => {
      await own.ping(1_000);
      relay.swallow();
      const start = performance.now();
      await expect(own.ping(200)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expect(since(start)).toBeLessThan(400);
    });
    await relay.close();
  });
});
