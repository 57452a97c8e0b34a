import type { Logger } from '../logging/index.ts';
import type { CacheStore } from './store.ts';

/** How long a store that has failed is not asked again, so that its silence is not waited for at each request. */
const pauseMs = 2_000;

/** What the caches ask, and what they are told where the store cannot say. */
export interface GuardedStore {
  /** What the store answers; undefined where it is down, at once after it has been found so. Never rejects. */
  ask<T>(question: (store: CacheStore) => Promise<T>): Promise<{ answer: T } | undefined>;
  /** For what must not be left undone unnoticed: always tried. Rejects as the store does. */
  tell(order: (store: CacheStore) => Promise<void>): Promise<void>;
  readonly up: boolean;
}

export function guardStore(store: CacheStore, logger: Logger): GuardedStore {
  let up = true;
  let silentUntil = 0;

  function failed(error: unknown): void {
    if (up)
      logger.warn({ err: error }, 'The store of the caches is down: each process is on its own');
    up = false;
    silentUntil = performance.now() + pauseMs;
  }
  function answered(): void {
    if (!up) logger.info('The store of the caches answers again');
    up = true;
  }

  return {
    async ask(question) {
      if (!up && performance.now() < silentUntil) return undefined;
      try {
        const answer = await question(store);
        answered();
        return { answer };
      } catch (error) {
        failed(error);
        return undefined;
      }
    },
    async tell(order) {
      try {
        await order(store);
        answered();
      } catch (error) {
        failed(error);
        throw error;
      }
    },
    get up() {
      return up;
    },
  };
}
