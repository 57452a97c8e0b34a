import { LRUCache } from 'lru-cache';
import type { KernelConfig } from '../config/index.ts';
import type { Kept } from './entry.ts';

/** The least recently used goes first, whichever cache it is of. */
export interface Memory {
  get(cache: string, key: string): Kept | undefined;
  put(cache: string, key: string, kept: Kept): void;
  drop(cache: string, key: string): void;
  dropAll(cache: string): void;
  /** How many entries of which cache. */
  count(): ReadonlyMap<string, number>;
  readonly bytes: number;
}

/** One memory for all caches of the process, so that its bound is the process's, however many there are. */
export function createMemory({ memoryBytes, memoryEntries }: KernelConfig['cache']): Memory {
  const lru = new LRUCache<string, Kept>({
    max: memoryEntries,
    maxSize: memoryBytes,
    sizeCalculation: (kept, name) => kept.bytes + 2 * name.length,
  });
  // No cache has a space in its name.
  const named = (cache: string, key: string): string => `${cache} ${key}`;

  return {
    get: (cache, key) => lru.get(named(cache, key)),
    put(cache, key, kept) {
      lru.set(named(cache, key), kept);
    },
    drop(cache, key) {
      lru.delete(named(cache, key));
    },
    dropAll(cache) {
      for (const name of [...lru.keys()]) {
        if (name.startsWith(`${cache} `)) lru.delete(name);
      }
    },
    count() {
      const counts = new Map<string, number>();
      for (const name of lru.keys()) {
        const cache = name.slice(0, name.indexOf(' '));
        counts.set(cache, (counts.get(cache) ?? 0) + 1);
      }
      return counts;
    },
    get bytes() {
      return lru.calculatedSize;
    },
  };
}
