import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { startLogStore, until, type TestLogStore } from '../../../test/support/log-store.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import { startTcpRelay, type TcpRelay } from '../../../test/support/tcp-relay.ts';
import { Secret, type KernelConfig } from '../config/index.ts';
import type { Database } from '../db/index.ts';
import { createLogger, createLogTap, runWithLogContext } from '../logging/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { createLogSearch, createLogStore, type LogRow } from './index.ts';

let database: ClonedDatabase;
let db: Database;
let client: Client;
const open = new Set<() => Promise<void>>();
const relays = new Set<TcpRelay>();

beforeAll(async () => {
  database = await openTestDatabase();
  db = openDatabase(database.url);
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  for (const close of open) await close();
  open.clear();
  for (const relay of relays) await relay.close();
  relays.clear();
  await client.query('truncate bulwark.app_logs');
});
afterAll(async () => {
  await client.end();
  await db.close();
  await database.drop();
});

async function openRelay(): Promise<TcpRelay> {
  const relay = await startTcpRelay(database.url);
  relays.add(relay);
  return relay;
}

function startStore(
  changed: Parameters<typeof startLogStore>[1] = {},
  url = database.url,
): TestLogStore {
  const store = startLogStore(url, changed);
  open.add(store.close);
  return store;
}

async function stored(): Promise<Omit<LogRow, 'id' | 'at'>[]> {
  const { rows } = await client.query<Omit<LogRow, 'id' | 'at'>>(
    `select level, message, request_id as "requestId", fields from bulwark.app_logs order by id`,
  );
  return rows;
}
const messages = async () => (await stored()).map(({ message }) => message);

describe('a line', () => {
  test('is stored as it was written, with its level, time and request id apart', async () => {
    const { logger, written, close } = startStore();
    runWithLogContext({ requestId: 'request-1', userId: 'user-1' }, () => {
      logger.warn({ token: 'not to be seen', count: 3 }, 'careful');
    });
    logger.debug('not severe enough');
    await close();
    expect(await stored()).toEqual([
      {
        level: 'warn',
        message: 'careful',
        requestId: 'request-1',
        fields: { pid: process.pid, userId: 'user-1', token: written[0]?.token, count: 3 },
      },
    ]);
    const { rows } = await client.query<{ at: Date }>(
      'select created_at as at from bulwark.app_logs',
    );
    expect(rows[0]?.at.toISOString()).toBe(written[0]?.time);
    expect(JSON.stringify(await stored())).not.toContain('not to be seen');
  });

  test('that Postgres cannot hold, or that pretends to be another, sinks no other', async () => {
    const { logger, count, close } = startStore();
    logger.info('before');
    logger.info({ note: 'a\0b', '\0': 'half \ud800' }, 'with \0');
    logger.info({ time: 'soon', level: 'urgent' }, 'pretends');
    logger.info({ long: Array.from({ length: 5_000 }, (_, index) => `item ${index}`) }, 'long');
    logger.info('after');
    await close();
    expect(await messages()).toEqual(['before', 'with \ufffd', 'pretends', 'long', 'after']);
    const [, odd, pretending, long] = await stored();
    expect(odd?.fields).toMatchObject({ note: 'a\ufffdb', '\ufffd': 'half \ufffd' });
    expect(pretending?.level).toBe('info');
    expect(Object.keys(long?.fields ?? {}).length).toBeGreaterThan(0);
    expect(await count('stored')).toBe(5);
  });

  test('is one of so many a second, unless it is a warning', async () => {
    const { logger, count, close } = startStore({ linesPerSecond: 1 });
    for (let index = 0; index < 50; index += 1) logger.info('chatter');
    for (let index = 0; index < 50; index += 1) logger.warn('careful');
    await close();
    const all = await messages();
    expect(all.filter((message) => message === 'careful')).toHaveLength(50);
    expect(all.filter((message) => message === 'chatter')).toHaveLength(10);
    expect(await count('left_out')).toBe(40);
    expect(await count('dropped')).toBe(0);
  });

  test('is not stored where that is switched off', async () => {
    const tap = createLogTap();
    const logger = createLogger({ level: 'info', tap, destination: { write: () => undefined } });
    const config = { url: new Secret(database.url) } as KernelConfig['database'];
    const parts = { tap, database: config, logger, metrics: createMetrics() };
    const store = createLogStore({ kind: 'off' }, parts);
    logger.error('not stored');
    await store.close(1_000);
    expect(await messages()).toEqual([]);
  });
});

describe('while the database is away', () => {
  test('lines wait, and are all stored once and in order when it is back', async () => {
    const relay = await openRelay();
    const { logger, written, count, close } = startStore({}, relay.url);
    logger.info('0');
    await until(async () => (await count('stored')) === 1);
    relay.refuse();
    relay.reset();
    for (let index = 1; index <= 2_000; index += 1) logger.info(String(index));
    await until(() =>
      Promise.resolve(written.some(({ msg }) => msg === 'Log lines cannot be stored')),
    );
    expect(await count('stored')).toBe(1);
    relay.recover();
    await until(() =>
      Promise.resolve(written.some(({ msg }) => msg === 'Log lines are stored again')),
    );
    await close();
    expect((await messages()).filter((message) => /^\d+$/.test(message))).toEqual(
      Array.from({ length: 2_001 }, (_, index) => String(index)),
    );
    expect(await count('dropped')).toBe(0);
  });

  test('memory is bounded, what is beyond is counted, and warnings have room where others have not', async () => {
    const relay = await openRelay();
    relay.refuse();
    const { logger, written, count, close } = startStore({ linesPerSecond: 10_000 }, relay.url);
    const filling = 'x '.repeat(5_000);
    for (let index = 0; index < 500; index += 1) logger.info(filling);
    logger.warn('still has room');
    const dropped = await count('dropped');
    expect(dropped).toBeGreaterThan(200);
    expect(dropped).toBeLessThan(400);
    await until(() =>
      Promise.resolve(written.some(({ msg }) => msg === 'Log lines cannot be stored')),
    );
    logger.info(filling);
    relay.recover();
    await until(() =>
      Promise.resolve(written.some(({ msg }) => msg === 'Log lines are stored again')),
    );
    expect(written.find(({ msg }) => msg === 'Log lines are stored again')).toMatchObject({
      dropped: 1,
    });
    await close();
    expect(await messages()).toContain('still has room');
  });

  test('and while another process is stuck, nobody queues up in Postgres', async () => {
    const turn = `hashtextextended('bulwark.app_logs', 0)`;
    await client.query(`select pg_advisory_lock(${turn})`);
    const { logger, written, close } = startStore();
    logger.info('waits');
    await until(() =>
      Promise.resolve(written.some(({ msg }) => msg === 'Log lines cannot be stored')),
    );
    await wait(3_500); // For another try, which gives up as well.
    const { rows } = await client.query(
      `select from pg_stat_activity
       where datname = current_database() and application_name = 'bulwark-logs'`,
    );
    expect(rows).toHaveLength(1);
    await client.query(`select pg_advisory_unlock(${turn})`);
    await close();
    expect(await messages()).toContain('waits');
  });

  test('a stopping server gives up in time', async () => {
    const relay = await openRelay();
    relay.swallow();
    const { logger, close } = startStore({}, relay.url);
    logger.info('never stored');
    const startedAt = performance.now();
    await close();
    open.clear();
    expect(performance.now() - startedAt).toBeLessThan(6_000);
  });
});

test('who reads on from the newest row misses none, also where a process is slow to commit', async () => {
  // It has its id, and takes its time.
  await client.query(`
    create function pg_temp.linger() returns trigger language plpgsql as
      $$ begin if new.message = 'slow' then perform pg_sleep(1); end if; return new; end $$;
    create trigger linger before insert on bulwark.app_logs
      for each row execute function pg_temp.linger()`);
  const search = createLogSearch(db);
  const [slow, quick] = [startStore(), startStore()];
  const seen: string[] = [];
  let after = '0';
  slow.logger.info('slow');
  for (let index = 0; seen.length < 20; index += 1) {
    if (index < 19) quick.logger.info(`quick ${index}`);
    await wait(100);
    const { rows } = await search.search({ after, limit: 5 });
    seen.push(...rows.map(({ message }) => message).reverse());
    after = rows[0]?.id ?? after;
    if (index > 100) break;
  }
  await client.query('drop trigger linger on bulwark.app_logs');
  expect(new Set(seen).size).toBe(20);
  expect(seen).toHaveLength(20);
});

test('no role of a client may look into it', async () => {
  for (const role of ['anon', 'authenticated', 'service_role']) {
    await client.query('begin');
    await client.query(`set local role ${role}`);
    await expect(client.query('select from bulwark.app_logs')).rejects.toThrow('permission denied');
    await client.query('rollback');
  }
});
