import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors/index.ts';
import { rulesOf, type Kept } from './entry.ts';
import { Flight, unlessAborted } from './flight.ts';
import { createLoader, failurePauseMs, type Outcome, type Shared } from './loader.ts';
import type { Cache, CacheDefinition, Cached, Load } from './types.ts';

/** Where another process loads, the store is asked again after such pauses. */
const firstLookMs = 20;
const longestLookMs = 200;
/** While another process loads a stale value anew. */
const refreshElsewhereMs = 1_000;
const mostRefreshes = 16;
const longestKey = 512;

export type State = Cached<unknown>['state'] | 'failed';

export interface CacheInside<T> {
  readonly cache: Cache<T>;
  /** Drops one key, or all, from memory, and what is being loaded. */
  forget(key: string | null): void;
  /** What is being loaded may have been invalidated. */
  doubt(): void;
  readonly states: Readonly<Record<State, number>>;
  readonly outcomes: Readonly<Record<Outcome, number>>;
}

/** `announce` tells the other processes that a key, or all, is invalid. */
export function createCache<T>(
  definition: CacheDefinition<T>,
  shared: Shared,
  announce: (key: string | null) => void,
): CacheInside<T> {
  const rules = rulesOf(definition);
  const { name } = rules;
  const { store, memory, background, stopping } = shared;
  const loader = createLoader(rules, shared);
  const states: Record<State, number> = { fresh: 0, stale: 0, miss: 0, failed: 0 };
  /** What calls wait for, and what is loaded behind them. */
  const waited = new Map<string, { flight: Flight; result: Promise<Cached<T>> }>();
  const refreshing = new Map<string, Flight>();
  /** All that may put something into memory. */
  const flights = new Set<Flight>();

  /** Undefined where it may not be served any more. */
  function answerOf(kept: Kept | undefined): Cached<T> | undefined {
    const now = performance.now();
    if (kept === undefined || kept.usableUntil <= now) return undefined;
    const state = kept.freshUntil > now ? 'fresh' : 'stale';
    return { value: kept.value as T, ageMs: Math.max(0, now - kept.loadedAt), state };
  }

  function believed(key: string): Kept | undefined {
    const kept = memory.get(name, key);
    if (kept === undefined || kept.seenAt <= shared.heardSince) return undefined;
    return performance.now() - kept.seenAt < shared.believedMs() ? kept : undefined;
  }

  const loaded = (kept: Kept): Cached<T> => ({ value: kept.value as T, ageMs: 0, state: 'miss' });

  /** Serves the key from the store or loads it, here or in another process. */
  async function obtain(load: Load<T>, flight: Flight): Promise<Cached<T>> {
    const { key } = flight;
    for (let pauseMs = firstLookMs; ; pauseMs = Math.min(2 * pauseMs, longestLookMs)) {
      const found = await loader.read(flight);
      const down = found === 'down';
      const answer = answerOf(down ? memory.get(name, key) : found);
      if (answer !== undefined) {
        if (answer.state === 'stale') refresh(key, load);
        return answer;
      }
      if (down) return loaded(await loader.loadAlone(load, flight));
      const own = await loader.loadByClaim(load, flight);
      if (own !== undefined) return loaded(own);
      if (flight.leftMs <= pauseMs) {
        const cause = new Error('Another process has not loaded it in time');
        throw new AppError('UPSTREAM_TIMEOUT', { cause });
      }
      // Jitter, so that many processes do not ask in one moment.
      await sleep(pauseMs * (0.75 + Math.random() / 2));
      if (stopping.aborted) throw new AppError('SERVICE_UNAVAILABLE');
    }
  }

  /** Loads a stale value anew, while nobody waits for it. */
  function refresh(key: string, load: Load<T>): void {
    const kept = memory.get(name, key);
    const tooSoon = kept !== undefined && performance.now() < kept.refreshAfter;
    if (tooSoon || refreshing.has(key) || refreshing.size >= mostRefreshes || stopping.aborted)
      return;
    const flight = takeOff(key);
    refreshing.set(key, flight);
    const pause = (ms: number): void => {
      const present = memory.get(name, key);
      if (present !== undefined) present.refreshAfter = performance.now() + ms;
    };
    const work = (async () => {
      try {
        const found = await loader.read(flight);
        if (found === 'down') await loader.loadAlone(load, flight);
        else if (answerOf(found)?.state === 'fresh') return;
        else if (!(await loader.loadByClaim(load, flight))) pause(refreshElsewhereMs);
      } catch (error) {
        pause(failurePauseMs);
        shared.logger.warn({ err: error, cache: name }, 'A stale value could not be loaded anew');
      } finally {
        if (refreshing.get(key) === flight) refreshing.delete(key);
        flights.delete(flight);
      }
    })();
    background.add(work);
    void work.finally(() => background.delete(work));
  }

  function takeOff(key: string): Flight {
    const flight = new Flight(key, rules.loadWithinMs);
    flights.add(flight);
    return flight;
  }

  function fly(key: string, load: Load<T>): Promise<Cached<T>> {
    const flight = takeOff(key);
    const result = obtain(load, flight).finally(() => {
      if (waited.get(key)?.flight === flight) waited.delete(key);
      flights.delete(flight);
    });
    waited.set(key, { flight, result });
    return result;
  }

  function forget(key: string | null): void {
    if (key === null) memory.dropAll(name);
    else memory.drop(name, key);
    ground(key);
  }

  function ground(key: string | null): void {
    for (const flight of flights) {
      if (key !== null && flight.key !== key) continue;
      flight.dropped = true;
      // Who comes now begins anew.
      if (waited.get(flight.key)?.flight === flight) waited.delete(flight.key);
      if (refreshing.get(flight.key) === flight) refreshing.delete(flight.key);
    }
  }

  const cache: Cache<T> = {
    async get(key, load, { signal } = {}) {
      checkKey(name, key);
      signal?.throwIfAborted();
      const known = answerOf(believed(key));
      if (known !== undefined) {
        states[known.state] += 1;
        if (known.state === 'stale') refresh(key, load);
        return known;
      }
      try {
        const answer = await unlessAborted(waited.get(key)?.result ?? fly(key, load), signal);
        states[answer.state] += 1;
        return answer;
      } catch (error) {
        states.failed += 1;
        throw error;
      }
    },

    async peek(key) {
      checkKey(name, key);
      const known = answerOf(believed(key));
      if (known !== undefined) return known;
      const flight = takeOff(key);
      try {
        const found = await loader.read(flight);
        return answerOf(found === 'down' ? memory.get(name, key) : found);
      } finally {
        flights.delete(flight);
      }
    },

    async invalidate(key) {
      checkKey(name, key);
      try {
        await store.tell((one) => one.remove(name, key));
      } finally {
        forget(key);
        announce(key);
      }
    },

    async invalidateAll() {
      try {
        await store.tell((one) => one.removeAll(name));
      } finally {
        forget(null);
        announce(null);
      }
    },
  };

  const doubt = (): void => {
    ground(null);
  };
  return { cache, forget, doubt, states, outcomes: loader.outcomes };
}

/** Both stores must be able to hold it, and a message to name it. */
function checkKey(name: string, key: string): void {
  if (key.length > longestKey || key.includes('\0') || !key.isWellFormed())
    throw new Error(`A key of the cache ${name} is too long or not plain text`);
}
