import type { Database } from '../db/index.ts';
import type { Redis } from '../redis/index.ts';
import { createPostgresStore } from './postgres-store.ts';
import { createRedisStore } from './redis-store.ts';
import type { CacheStore } from './store.ts';

/** A store that takes longer is as good as down: this is the most that one question may cost a request. */
const answerWithinMs = 1_000;

/** Redis where there is one, and Postgres where not. */
export const createCacheStore = (
  { db, redis }: { db: Database; redis: Redis | undefined },
  withinMs = answerWithinMs,
): CacheStore =>
  redis === undefined ? createPostgresStore(db, withinMs) : createRedisStore(redis, withinMs);
