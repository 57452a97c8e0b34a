import type { Broadcast } from '../broadcast/index.ts';
import type { KernelConfig } from '../config/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { Joi, optional, shape } from '../schema/index.ts';
import { measureCaches } from './cache-metrics.ts';
import { createCache, type CacheInside } from './cache.ts';
import { guardStore } from './guarded-store.ts';
import type { Shared } from './loader.ts';
import { createMemory } from './memory.ts';
import type { CacheStore } from './store.ts';
import type { CacheDefinition, Caches } from './types.ts';

const topic = 'cache:invalidated';
/** Without a key: all of them. */
const invalidation = shape({
  cache: Joi.string(),
  key: optional(Joi.string().allow('')),
});
/** So long memory is believed without a look into the store: what an invalidation that is not heard of can cost. */
const heardForMs = 60_000;
const unheardForMs = 1_000;
const sweepIntervalMs = 10 * 60_000;

export interface CachesServer extends Caches {
  /** Ends loads that nobody waits for, and what they write. */
  close(): Promise<void>;
}

export function createCaches(
  config: KernelConfig['cache'],
  {
    store,
    broadcast,
    logger,
    metrics,
  }: { store: CacheStore; broadcast: Broadcast; logger: Logger; metrics: Metrics },
): CachesServer {
  const stopping = new AbortController();
  const made = new Map<string, CacheInside<never>>();
  const memory = createMemory(config);
  const guarded = guardStore(store, logger);
  const shared: Shared = {
    store: guarded,
    memory,
    logger,
    stopping: stopping.signal,
    loadSeconds: measureCaches(metrics, { made, memory, store: guarded }),
    background: new Set(),
    heardSince: 0,
    believedMs: () => (broadcast.connected ? heardForMs : unheardForMs),
  };

  const deafen = broadcast.subscribe(
    topic,
    invalidation,
    ({ cache, key }: { cache: string; key?: string }) => {
      made.get(cache)?.forget(key ?? null);
    },
  );
  const stopWatchingGaps = broadcast.onGap(() => {
    // What was said meanwhile is not known here, but to the store: memory is not believed before that was asked.
    shared.heardSince = performance.now();
    for (const { doubt } of made.values()) doubt();
  });
  const sweep = setInterval(() => {
    store.sweep().catch((error: unknown) => {
      logger.warn({ err: error }, 'Cached values past their time cannot be swept');
    });
  }, sweepIntervalMs).unref();

  return {
    create<T>(definition: CacheDefinition<T>) {
      const { name } = definition;
      if (made.has(name)) throw new Error(`There are two caches with the name ${name}`);
      const inside = createCache(definition, shared, (key) => {
        broadcast.publish(topic, { cache: name, ...(key !== null && { key }) });
      });
      made.set(name, inside as unknown as CacheInside<never>);
      return inside.cache;
    },
    async close() {
      stopping.abort();
      clearInterval(sweep);
      deafen();
      stopWatchingGaps();
      await Promise.allSettled(shared.background);
    },
  };
}
