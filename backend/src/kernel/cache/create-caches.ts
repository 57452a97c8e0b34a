import type { Cache, CacheDefinition, Caches } from './types.ts';

const loadWithinMs = 15_000;

/** Caches that keep nothing yet: every `get` loads. */
export function createCaches(): Caches {
  return {
    create: <T>(definition: CacheDefinition<T>): Cache<T> => ({
      async get(_key, load, { signal } = {}) {
        const timeout = AbortSignal.timeout(definition.loadWithinMs ?? loadWithinMs);
        const value = await load(signal ? AbortSignal.any([signal, timeout]) : timeout);
        return { value, ageMs: 0, state: 'miss' };
      },
      peek: () => Promise.resolve(undefined),
      invalidate: () => Promise.resolve(),
      invalidateAll: () => Promise.resolve(),
    }),
  };
}
