import { createBroadcast } from '../../src/kernel/broadcast/index.ts';
import { createCaches, createCacheStore, type Caches } from '../../src/kernel/cache/index.ts';
import { Secret } from '../../src/kernel/config/index.ts';
import { createLogger } from '../../src/kernel/logging/index.ts';
import { createMetrics } from '../../src/kernel/metrics/index.ts';
import { createRedis } from '../../src/kernel/redis/index.ts';
import { openDatabase } from './open-database.ts';

type CacheStore = ReturnType<typeof createCacheStore>;

export interface TestCaches {
  readonly caches: Caches;
  readonly store: CacheStore;
  /** What was logged, without debug. */
  readonly said: readonly string[];
  /** The sample of a metric with these labels. */
  metric(name: string, labels?: Record<string, string>): Promise<number | undefined>;
  close(): Promise<void>;
}

export interface TestCachesOptions {
  databaseUrl: string;
  /** What the store is reached by, where it is to fail on command. */
  storeUrl?: string;
  redisUrl?: string;
  memory?: { memoryBytes: number; memoryEntries: number };
  storeWithinMs?: number;
  /** Whether it hears what others invalidate. Default true. */
  hears?: boolean;
}

const plenty = { memoryBytes: 32 * 1024 ** 2, memoryEntries: 10_000 };
/** So that a busy machine is not taken for a store that is down. */
const patienceMs = 20_000;

/** Caches as a process of its own would have them: own memory, own connections. */
export async function startCaches(options: TestCachesOptions): Promise<TestCaches> {
  const { databaseUrl, storeUrl = databaseUrl, redisUrl, hears = true } = options;
  const said: string[] = [];
  const logger = createLogger({
    level: 'info',
    destination: { write: (line) => said.push((JSON.parse(line) as { msg: string }).msg) },
  });
  const metrics = createMetrics();
  const redis =
    redisUrl === undefined ? undefined : createRedis(new Secret(redisUrl), { logger, metrics });
  redis?.start();
  while (redis?.client.isReady === false) await new Promise((resolve) => setTimeout(resolve, 5));
  const db = openDatabase(storeUrl, { acquireTimeoutMs: patienceMs });
  const broadcast = createBroadcast({
    redis,
    listenUrl: new Secret(databaseUrl),
    logger,
    metrics,
  });
  if (hears) await broadcast.start(AbortSignal.timeout(10_000));
  const store = createCacheStore({ db, redis }, options.storeWithinMs ?? patienceMs);
  const caches = createCaches(options.memory ?? plenty, {
    store,
    broadcast,
    logger,
    metrics,
  });
  return {
    caches,
    store,
    said,
    async metric(name, labels = {}) {
      const found = await metrics.registry.getSingleMetric(name)?.get();
      return found?.values.find((sample) =>
        Object.entries(labels).every(
          ([label, value]) => (sample.labels as Record<string, unknown>)[label] === value,
        ),
      )?.value;
    },
    async close() {
      await caches.close();
      await broadcast.close();
      redis?.close();
      await db.close(500);
    },
  };
}

/** A loader that counts, and waits to be told what comes of it. */
export function pendingLoad<T>() {
  const asked: PromiseWithResolvers<T>[] = [];
  let heard = Promise.withResolvers<undefined>();
  return {
    asked,
    load: (): Promise<T> => {
      const next = Promise.withResolvers<T>();
      asked.push(next);
      heard.resolve(undefined);
      heard = Promise.withResolvers();
      return next.promise;
    },
    /** The load of this number, once it has begun. */
    async begun(number: number): Promise<PromiseWithResolvers<T>> {
      for (;;) {
        const found = asked[number - 1];
        if (found) return found;
        await heard.promise;
      }
    },
  };
}

/** Asks until the answer is as it should be; the test's own time limits it. */
export async function until<T>(ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
