import type { KernelConfig } from './kernel/config/index.ts';
import { createDatabase } from './kernel/db/index.ts';
import type { Logger } from './kernel/logging/index.ts';
import type { Metrics } from './kernel/metrics/index.ts';
import {
  createPostgresStore,
  createRateLimiter,
  createRedisStore,
  type RateLimiter,
} from './kernel/ratelimit/index.ts';
import type { Redis } from './kernel/redis/index.ts';

export interface Limits {
  rateLimiter: RateLimiter;
  /** Ends the connection on which they are counted. */
  close(graceMs: number): Promise<void>;
}

export function createLimits(
  config: KernelConfig,
  { redis, logger, metrics }: { redis: Redis | undefined; logger: Logger; metrics: Metrics },
): Limits {
  // Limits are needed most when everything else waits for a connection, so they have one of their own.
  const db = createDatabase(
    { ...config.database, poolMax: 1 },
    { logger, applicationName: 'bulwark-ratelimit' },
  );
  const store = redis ? createRedisStore(redis) : createPostgresStore(db);
  return {
    rateLimiter: createRateLimiter(config.ratelimit, { store, logger, metrics }),
    close: (graceMs) => db.close(graceMs),
  };
}
