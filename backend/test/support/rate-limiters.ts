import type { RateLimitTier } from '../../src/kernel/config/index.ts';
import type { Database } from '../../src/kernel/db/index.ts';
import { AppError } from '../../src/kernel/errors/index.ts';
import { createLogger } from '../../src/kernel/logging/index.ts';
import { createMetrics } from '../../src/kernel/metrics/index.ts';
import { createPostgresStore, createRateLimiter } from '../../src/kernel/ratelimit/index.ts';
import { openDatabase } from './open-database.ts';

type Store = Parameters<typeof createRateLimiter>[1]['store'];

export interface TestLimiter {
  /** Resolves with the points left, or with 'limited'. */
  take(tier: RateLimitTier, key: string): Promise<number | 'limited'>;
  /** Whether the answer was there at once. */
  takesAtOnce(tier: RateLimitTier, key: string): boolean;
  /** What was logged, without debug. */
  readonly said: readonly string[];
  /** The sample of a metric with these labels. */
  metric(name: string, labels?: Record<string, string>): Promise<number | undefined>;
  close(): Promise<void>;
}

export const limitOf = 40;
const perMinute = {
  public: limitOf,
  'signed-in': 2_000,
  'auth-sensitive': limitOf,
  expensive: limitOf,
  webhook: 1_000_000,
};

/** So that a busy machine is not taken for a store that is down. */
export const patienceMs = 20_000;

/** A limiter as a process of its own would have it, on its own connection. */
export function startLimiter(databaseUrl: string, answerWithinMs = patienceMs): TestLimiter {
  const db: Database = openDatabase(databaseUrl, { poolMax: 1 });
  return limiterOn(createPostgresStore(db, answerWithinMs), () => db.close(500));
}

export function limiterOn(store: Store, closeStore: () => unknown): TestLimiter {
  const said: string[] = [];
  const logger = createLogger({
    level: 'info',
    destination: { write: (line) => said.push((JSON.parse(line) as { msg: string }).msg) },
  });
  const metrics = createMetrics();
  const limiter = createRateLimiter({ perMinute }, { store, logger, metrics });
  return {
    said,
    async take(tier, key) {
      try {
        return (await limiter.consume(tier, key)).remaining;
      } catch (error) {
        if (AppError.is(error) && error.code === 'RATE_LIMITED') return 'limited';
        throw error;
      }
    },
    takesAtOnce: (tier, key) => !(limiter.consume(tier, key) instanceof Promise),
    async metric(name, labels = {}) {
      const found = await metrics.registry.getSingleMetric(name)?.get();
      return found?.values.find((sample) =>
        Object.entries(labels).every(
          ([label, value]) => (sample.labels as Record<string, unknown>)[label] === value,
        ),
      )?.value;
    },
    async close() {
      await limiter.close();
      await closeStore();
    },
  };
}
