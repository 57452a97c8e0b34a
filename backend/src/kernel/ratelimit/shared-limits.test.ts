import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import { isInstalled } from '../../../test/support/programs.ts';
import {
  limiterOn,
  limitOf,
  patienceMs,
  startLimiter,
  type TestLimiter,
} from '../../../test/support/rate-limiters.ts';
import { startRedisServer, type RedisServer } from '../../../test/support/redis-server.ts';
import { Secret } from '../config/index.ts';
import { createLogger } from '../logging/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { createRedis } from '../redis/index.ts';
import { createRedisStore } from './index.ts';

/** Four limiters with connections of their own are to the store what four processes are. */
const processes = 4;
const withRedis = isInstalled('redis-server') ? test : test.skip;

let database: ClonedDatabase;
let limiters: TestLimiter[] = [];
let redisServer: RedisServer | undefined;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterEach(async () => {
  await Promise.all(limiters.map((limiter) => limiter.close()));
  limiters = [];
  await redisServer?.stop();
  redisServer = undefined;
});
afterAll(async () => {
  await database.drop();
});

const startFour = (): void => {
  limiters = Array.from({ length: processes }, () => startLimiter(database.url));
};

/** Everybody asks at once, each limiter `times`. Resolves with how many were admitted. */
async function storm(
  tier: Parameters<TestLimiter['take']>[0],
  key: string,
  times: number,
): Promise<number> {
  const answers = await Promise.all(
    limiters.flatMap((limiter) => Array.from({ length: times }, () => limiter.take(tier, key))),
  );
  return answers.filter((answer) => answer !== 'limited').length;
}

describe('a strict tier', () => {
  test.each(['auth-sensitive', 'expensive'] as const)(
    'of four processes, %s, admits as many as its limit says and no more',
    async (tier) => {
      startFour();
      const keys = Array.from({ length: 5 }, () => `user:${randomUUID()}`);
      const admitted = await Promise.all(keys.map((key) => storm(tier, key, limitOf)));
      expect(admitted).toEqual(keys.map(() => limitOf));
      expect(await storm(tier, keys[0] ?? '', 3)).toBe(0);
    },
  );

  test('names each place once', async () => {
    startFour();
    const places = await Promise.all(
      limiters.flatMap((limiter) =>
        Array.from({ length: limitOf / processes }, () => limiter.take('expensive', 'places')),
      ),
    );
    expect(new Set(places)).toEqual(new Set(Array.from({ length: limitOf }, (_, left) => left)));
  });

  test('asks nobody about a caller whose points are used up', async () => {
    startFour();
    const [first] = limiters;
    await storm('expensive', 'used-up', limitOf);
    const known = openDatabase(database.url);
    const read = () =>
      known.statement<{ points: number }>(
        `select points from bulwark.rate_limits where key = 'expensive:used-up'`,
        [],
        2_000,
      );
    const before = await read();
    for (let count = 0; count < 50; count += 1)
      expect(await first?.take('expensive', 'used-up')).toBe('limited');
    expect((await read()).rows).toEqual(before.rows);
    await known.close(500);
  });
});

describe('a general tier', () => {
  /** 5 % of the limit for each process. */
  const slice = (limit: number) => Math.ceil(limit / 20);

  test('answers at once, without the store', () => {
    startFour();
    for (let count = 0; count < slice(2_000); count += 1)
      expect(limiters[0]?.takesAtOnce('signed-in', 'at-once')).toBe(true);
  });

  test('of four processes goes beyond its limit by a slice of each process at most', async () => {
    startFour();
    const limit = 2_000;
    const admitted = await storm('signed-in', 'storm', limit);
    expect(admitted).toBeGreaterThanOrEqual(limit);
    expect(admitted).toBeLessThanOrEqual(limit + processes * slice(limit));
    expect(await storm('signed-in', 'storm', 1)).toBe(0);
  });

  test('of one process is exact', async () => {
    limiters = [startLimiter(database.url)];
    expect(await storm('signed-in', 'alone', 3_000)).toBe(2_000);
    expect(
      await limiters[0]?.metric('bulwark_rate_limit_decisions_total', {
        outcome: 'limited',
        tier: 'signed-in',
      }),
    ).toBe(1_000);
  });

  test('tells the other processes what was counted before it ends', async () => {
    const leaving = startLimiter(database.url);
    for (let count = 0; count < 10; count += 1) await leaving.take('webhook', 'left-behind');
    await leaving.close();
    const { rows } = await query<{ points: number }>(
      `select points from bulwark.rate_limits where key = 'webhook:left-behind'`,
    );
    expect(rows).toEqual([{ points: 10 }]);
  });
});

describe('the store', () => {
  test('begins a new window when the old one has ended, and sweeps what has', async () => {
    startFour();
    await storm('expensive', 'next-minute', limitOf);
    await query(
      `update bulwark.rate_limits set window_ends_at = now() where key = 'expensive:next-minute'`,
    );
    // A process that has not met the caller yet knows no more than the store.
    const newcomer = startLimiter(database.url);
    expect(await newcomer.take('expensive', 'next-minute')).toBe(limitOf - 1);
    await newcomer.close();
  });

  test('is no table for clients', async () => {
    const { rows } = await query<{ role: string }>(
      `select role from unnest(array['anon', 'authenticated', 'service_role']) as role
       where has_table_privilege(role, 'bulwark.rate_limits', 'select, insert, update, delete')`,
    );
    expect(rows).toEqual([]);
  });

  withRedis('may be Redis, as exactly', async () => {
    const { url } = (redisServer = await startRedisServer());
    const logger = createLogger({ level: 'silent' });
    limiters = await Promise.all(
      Array.from({ length: processes }, async () => {
        const redis = createRedis(new Secret(url), { logger, metrics: createMetrics() });
        redis.start();
        while (!redis.client.isReady) await new Promise((resolve) => setTimeout(resolve, 5));
        return limiterOn(createRedisStore(redis, patienceMs), () => {
          redis.close();
        });
      }),
    );
    expect(await storm('expensive', 'redis', limitOf)).toBe(limitOf);
    const admitted = await storm('signed-in', 'redis', 2_000);
    expect(admitted).toBeGreaterThanOrEqual(2_000);
    expect(admitted).toBeLessThanOrEqual(2_000 + processes * 100);
    expect(limiters.flatMap(({ said }) => said)).toEqual([]);
  });
});

async function query<R>(sql: string): Promise<{ rows: R[] }> {
  const db = openDatabase(database.url);
  try {
    return await db.statement<R>(sql, [], 2_000);
  } finally {
    await db.close(500);
  }
}
