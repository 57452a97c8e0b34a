import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import { startTcpRelay, type TcpRelay } from '../../../test/support/tcp-relay.ts';
import { Secret, type KernelConfig } from '../config/index.ts';
import type { Database } from '../db/index.ts';
import { createLogger, createLogTap, runWithLogContext, type Logger } from '../logging/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { createLogSearch, createLogStore, type LogRow } from './index.ts';
import { deletePast } from './retention.ts';

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

type On = Extract<KernelConfig['logStore'], { kind: 'on' }>;

interface TestStore {
  logger: Logger;
  /** What went to standard output, parsed. */
  written: Record<string, unknown>[];
  count(outcome: 'stored' | 'left_out' | 'dropped'): Promise<number>;
  close(): Promise<void>;
}

function startStore(changed: Partial<On> = {}, url = database.url): TestStore {
  const written: Record<string, unknown>[] = [];
  const tap = createLogTap();
  const logger = createLogger({
    level: 'debug',
    tap,
    destination: { write: (line) => written.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const metrics = createMetrics();
  const store = createLogStore(
    { kind: 'on', level: 'info', linesPerSecond: 1_000, days: 7, maxRows: 1_000, ...changed },
    {
      tap,
      database: {
        url: new Secret(url),
        listenUrl: undefined,
        prepareReads: false,
        poolMax: 1,
        acquireTimeoutMs: 500,
        statementTimeoutMs: 1_000,
        lockTimeoutMs: 1_000,
      },
      logger,
      metrics,
    },
  );
  const close = () => store.close(5_000);
  open.add(close);
  return {
    logger,
    written,
    async count(outcome) {
      const metric = await metrics.registry.getSingleMetric('bulwark_log_store_lines_total')?.get();
      return metric?.values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
    },
    close,
  };
}

async function stored(): Promise<Omit<LogRow, 'id' | 'at'>[]> {
  const { rows } = await client.query<Omit<LogRow, 'id' | 'at'>>(
    `select level, message, request_id as "requestId", fields from bulwark.app_logs order by id`,
  );
  return rows;
}
const messages = async () => (await stored()).map(({ message }) => message);

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`It never came: ${String(isSo)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

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

describe('who reads on', () => {
  test('from the newest row misses none, however many processes write', async () => {
    const search = createLogSearch(db);
    const stores = [1, 2, 3].map(() => startStore());
    const seen: string[] = [];
    let after = '0';
    const read = async () => {
      const { rows } = await search.search({ after, limit: 500 });
      seen.push(...rows.map(({ message }) => message).reverse());
      after = rows[0]?.id ?? after;
    };
    for (let round = 0; round < 40; round += 1) {
      for (const [index, { logger }] of stores.entries())
        for (let line = 0; line < 10; line += 1) logger.info(`${index}.${round}.${line}`);
      await read();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await Promise.all(stores.map(({ close }) => close()));
    await read();
    await read();
    await read();
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(3 * 40 * 10);
  });
});

describe('a search', () => {
  const search = (query: Partial<Parameters<ReturnType<typeof createLogSearch>['search']>[0]>) =>
    createLogSearch(db).search({ limit: 10, ...query });
  const messagesOf = async (query: Parameters<typeof search>[0]) =>
    (await search(query)).rows.map(({ message }) => message);

  async function write(count: number) {
    const { logger, close } = startStore();
    for (let index = 0; index < count; index += 1) {
      const level = (['info', 'warn', 'error'] as const)[index % 3] ?? 'info';
      runWithLogContext({ requestId: `request-${index % 2}` }, () => {
        logger[level]({ path: `/things/${index}` }, `line ${index}`);
      });
    }
    await close();
  }

  test('goes through all rows page by page, newest first', async () => {
    await write(25);
    const all: string[] = [];
    let before: string | undefined;
    do {
      const { rows, next } = await search({ before });
      all.push(...rows.map(({ message }) => message));
      before = next ?? undefined;
    } while (before !== undefined);
    expect(all).toEqual(Array.from({ length: 25 }, (_, index) => `line ${24 - index}`));
  });

  test('finds a level and what is worse, a request, a text, and all of these at once', async () => {
    await write(12);
    expect(await messagesOf({ level: 'error' })).toEqual(['line 11', 'line 8', 'line 5', 'line 2']);
    expect(await messagesOf({ level: 'warn', requestId: 'request-1' })).toEqual([
      'line 11',
      'line 7',
      'line 5',
      'line 1',
    ]);
    expect(await messagesOf({ text: 'THINGS/11' })).toEqual(['line 11']);
    expect(await messagesOf({ text: 'line 1' })).toEqual(['line 11', 'line 10', 'line 1']);
    expect(await messagesOf({ text: 'line 1', level: 'error', requestId: 'request-1' })).toEqual([
      'line 11',
    ]);
    expect(await messagesOf({ requestId: 'request-2' })).toEqual([]);
  });

  test('takes a text as it is', async () => {
    const { logger, close } = startStore();
    for (const message of ['100 %', '100 x', 'a_b', 'axb', 'c\\d', "it's"]) logger.info(message);
    await close();
    expect(await messagesOf({ text: '100 %' })).toEqual(['100 %']);
    expect(await messagesOf({ text: 'a_b' })).toEqual(['a_b']);
    expect(await messagesOf({ text: 'c\\d' })).toEqual(['c\\d']);
    expect(await messagesOf({ text: "it's" })).toEqual(["it's"]);
  });

  test('finds a rare text among many rows, and says when there is no more', async () => {
    await client.query(
      `insert into bulwark.app_logs (created_at, level, message, fields)
       select now(), 'info', case n when 17 then 'needle' else 'hay' end, '{}' from generate_series(1, 30000) n`,
    );
    const { rows, next } = await search({ text: 'needle' });
    expect(rows.map(({ message }) => message)).toEqual(['needle']);
    expect(next).toBeNull();
  });
});

describe('retention', () => {
  const insert = (count: number, age: string) =>
    client.query(
      `insert into bulwark.app_logs (created_at, level, message, fields)
       select now() - $2::interval, 'info', $2, '{}' from generate_series(1, $1)`,
      [count, age],
    );
  const left = async () =>
    (
      await client.query<{ message: string; count: number }>(
        'select message, count(*)::integer from bulwark.app_logs group by 1 order by 1',
      )
    ).rows;

  test('deletes what is too old, in batches, once over processes', async () => {
    await insert(12_000, '8 days');
    await insert(10, '6 days');
    const other = openDatabase(database.url);
    const counts = await Promise.all([
      deletePast(db, { days: 7, maxRows: 1_000_000 }),
      deletePast(other, { days: 7, maxRows: 1_000_000 }),
    ]);
    await other.close();
    expect(counts[0] + counts[1]).toBe(12_000);
    expect(await left()).toEqual([{ message: '6 days', count: 10 }]);
  });

  test('deletes the oldest of too many', async () => {
    await insert(500, '2 days');
    await insert(1_000, '1 day');
    expect(await deletePast(db, { days: 7, maxRows: 1_000 })).toBe(500);
    expect(await left()).toEqual([{ message: '1 day', count: 1_000 }]);
  });
});

test('no role of a client may look into it', async () => {
  for (const role of ['anon', 'authenticated', 'service_role']) {
    await client.query('begin');
    await client.query(`set local role ${role}`);
    await expect(client.query('select from bulwark.app_logs')).rejects.toThrow('permission denied');
    await client.query('rollback');
  }
});
