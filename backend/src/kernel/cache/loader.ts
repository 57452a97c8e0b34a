import { randomUUID } from 'node:crypto';
import type { Logger } from '../logging/index.ts';
import type { HistogramMetric } from '../metrics/index.ts';
import { kept, largestJson, parsed, sealed, type Kept, type Rules } from './entry.ts';
import { withinTime, type Flight } from './flight.ts';
import type { GuardedStore } from './guarded-store.ts';
import type { Memory } from './memory.ts';
import type { Load } from './types.ts';

/** A process that died with a claim holds nobody up for longer. */
const leaseMs = 3_000;
const renewEveryMs = leaseMs / 3;
/** After a failure nobody loads a stale value anew for this long. */
export const failurePauseMs = 5_000;

/** What all caches of the process share. */
export interface Shared {
  store: GuardedStore;
  memory: Memory;
  logger: Logger;
  /** Aborts when the server stops. */
  stopping: AbortSignal;
  loadSeconds: HistogramMetric<'cache'>;
  /** Work that nobody waits for, so that closing can. */
  background: Set<Promise<unknown>>;
  /** Since when no invalidation was missed, by `performance.now()`. */
  heardSince: number;
  /** How long memory is believed without a look into the store. */
  believedMs: () => number;
}

export type Outcome = 'kept' | 'not-kept' | 'failed';

/** Loads a key and keeps what came, in the store by a claim, and in memory. */
export interface Loader<T> {
  /** What the store has, put into memory too; undefined where it has nothing usable, 'down' where it cannot say. */
  read(flight: Flight): Promise<Kept | undefined | 'down'>;
  /** Loads once the claim is had; undefined where it was not, and another process loads. */
  loadByClaim(load: Load<T>, flight: Flight): Promise<Kept | undefined>;
  /** For when the store is down. */
  loadAlone(load: Load<T>, flight: Flight): Promise<Kept>;
  readonly outcomes: Readonly<Record<Outcome, number>>;
}

export function createLoader<T>(rules: Rules<T>, shared: Shared): Loader<T> {
  const { name } = rules;
  const { store, memory, logger } = shared;
  const outcomes: Record<Outcome, number> = { kept: 0, 'not-kept': 0, failed: 0 };
  const seconds = shared.loadSeconds.series({ cache: name });

  /** The value and how long it is good. */
  async function run(from: Load<T>, flight: Flight) {
    const began = performance.now();
    try {
      const keep = { freshMs: rules.freshMs };
      const load = (signal: AbortSignal) => from(signal, keep);
      const { value, json } = sealed(rules, await withinTime(load, flight.leftMs, shared.stopping));
      const freshMs = value === null ? rules.absentMs : keep.freshMs;
      const usableMs = value === null ? freshMs : freshMs + rules.staleMs;
      const tooBig = json.length > largestJson;
      if (tooBig)
        logger.warn({ cache: name, characters: json.length }, 'A value is too big to be cached');
      return { value, json, freshMs, usableMs, keep: usableMs > 0 && !tooBig };
    } catch (error) {
      outcomes.failed += 1;
      throw error;
    } finally {
      seconds.observe((performance.now() - began) / 1000);
    }
  }

  type Loaded = Awaited<ReturnType<typeof run>>;

  function remember(loaded: Loaded, flight: Flight, keep: boolean): Kept {
    const { value, freshMs, usableMs } = loaded;
    const entry = kept(value, { ageMs: 0, freshForMs: freshMs, usableForMs: usableMs });
    const keeping = keep && !flight.dropped;
    if (keeping) memory.put(name, flight.key, entry);
    outcomes[keeping ? 'kept' : 'not-kept'] += 1;
    return entry;
  }

  function behind(work: Promise<unknown>): void {
    shared.background.add(work);
    void work.finally(() => shared.background.delete(work));
  }

  async function loadAlone(from: Load<T>, flight: Flight): Promise<Kept> {
    const loaded = await run(from, flight);
    return remember(loaded, flight, loaded.keep);
  }

  return {
    outcomes,
    loadAlone,

    async read(flight) {
      const { key } = flight;
      const asked = await store.ask((one) => one.read(name, key));
      if (asked === undefined) return 'down';
      const stored = asked.answer;
      const read = stored && parsed(rules, stored.json);
      if (stored === undefined || read === undefined || 'fault' in read) {
        // Not known or not good any more: what memory has is no better.
        memory.drop(name, key);
        // Of an older shape, as after a deploy: nobody could load it anew while it counts as fresh.
        if (stored !== undefined) await store.ask((one) => one.remove(name, key));
        return undefined;
      }
      const entry = kept(read.value, stored);
      if (!flight.dropped) memory.put(name, key, entry);
      return entry;
    },

    async loadByClaim(from, flight) {
      const { key } = flight;
      const holder = randomUUID();
      const asked = await store.ask((one) => one.claim(name, key, holder, leaseMs));
      if (asked === undefined) return loadAlone(from, flight);
      if (!asked.answer) return undefined;
      const renewal = setInterval(() => {
        behind(store.ask((one) => one.renew(name, key, holder, leaseMs)));
      }, renewEveryMs).unref();
      try {
        const loaded = await run(from, flight);
        const { json, freshMs, usableMs, keep } = loaded;
        if (!keep) {
          behind(store.ask((one) => one.release(name, key, holder, 0)));
          return remember(loaded, flight, false);
        }
        const written = await store.ask((one) =>
          one.write(name, key, holder, { json, freshMs, usableMs }),
        );
        // Refused: invalidated, or another has loaded since. Not answered: memory is better than nothing.
        return remember(loaded, flight, written?.answer !== false);
      } catch (error) {
        behind(store.ask((one) => one.release(name, key, holder, failurePauseMs)));
        throw error;
      } finally {
        clearInterval(renewal);
      }
    },
  };
}
