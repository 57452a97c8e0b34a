import type { HistogramMetric, Metrics } from '../metrics/index.ts';
import type { CacheInside } from './cache.ts';
import type { GuardedStore } from './guarded-store.ts';
import type { Memory } from './memory.ts';

const loadBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

/** Counted by the caches themselves, and read at each scrape. Gives what measures the loads. */
export function measureCaches(
  metrics: Metrics,
  {
    made,
    memory,
    store,
  }: { made: ReadonlyMap<string, CacheInside<never>>; memory: Memory; store: GuardedStore },
): HistogramMetric<'cache'> {
  const samples = <L extends string>(
    label: L,
    counts: (inside: CacheInside<never>) => Readonly<Record<string, number>>,
  ) =>
    [...made].flatMap(([cache, inside]) =>
      Object.entries(counts(inside)).map(([value, count]) => ({
        labels: { cache, [label]: value } as Record<'cache' | L, string>,
        value: count,
      })),
    );

  metrics.tally(
    'bulwark_cache_gets_total',
    'What was asked of a cache: served fresh or stale, loaded for it (miss), or failed.',
    () => samples('state', ({ states }) => states),
    ['cache', 'state'],
  );
  metrics.tally(
    'bulwark_cache_loads_total',
    'Loads of this process: kept, not kept (invalidated meanwhile, absent or too big), or failed.',
    () => samples('outcome', ({ outcomes }) => outcomes),
    ['cache', 'outcome'],
  );
  metrics.gauge(
    'bulwark_cache_memory_entries',
    'Values in the memory of this process.',
    () => {
      const counts = memory.count();
      return [...made.keys()].map((cache) => ({
        labels: { cache },
        value: counts.get(cache) ?? 0,
      }));
    },
    ['cache'],
  );
  metrics.gauge(
    'bulwark_cache_memory_bytes',
    'What they take, by estimate; at most CACHE_MEMORY_LIMIT.',
    () => memory.bytes,
  );
  metrics.gauge('bulwark_cache_store_up', 'Whether the caches reach their store.', () =>
    store.up ? 1 : 0,
  );
  return metrics.histogram('bulwark_cache_load_seconds', 'How long a load took.', loadBuckets, [
    'cache',
  ]);
}
