import type { Joi } from '../schema/index.ts';

/** What a cache is made of. Durations are milliseconds. */
export interface CacheDefinition<T> {
  /** Unique in the server: part of every stored key, and the label of its metrics. Letters, digits, `.`, `_` and `-`. */
  name: string;
  /**
   * What is kept. A stored value that does not fit any more, as after a deploy, counts as not there. Values go through JSON:
   * a `Joi.date()` comes back as a Date, and what the schema has no place for must not be in it.
   */
  schema: Joi.AnySchema<T>;
  /** How long a value is as good as new; 24 hours by default. */
  freshMs?: number;
  /** How long after that it may be served, while it is loaded anew or its loader fails; 7 days by default. */
  staleMs?: number;
  /**
   * How long `null` (there is no such thing) is kept, where the schema allows it. 0 by default: not at all. A kept
   * `null` is never served stale.
   */
  absentMs?: number;
  /** How long a load, and whoever waits for one, may take; 15 seconds by default, the deadline of a provider. */
  loadWithinMs?: number;
}

/** A value and how good it is. The value is frozen and shared: copy what you want to change. */
export interface Cached<T> {
  value: T;
  /** Since it was loaded, by whichever process; 0 for a `miss`. */
  ageMs: number;
  /** `miss`: loaded for this call. `stale`: older than `freshMs`, and being loaded anew where that may succeed. */
  state: 'fresh' | 'stale' | 'miss';
}

/**
 * Loads what a key stands for. It must heed the signal, which aborts when its time is over or the server stops. Where this value
 * is not as good as others it sets `keep.freshMs`.
 */
export type Load<T> = (signal: AbortSignal, keep: { freshMs: number }) => Promise<T>;

export interface Cache<T> {
  /**
   * What is known of the key, or what `load` resolves with. All calls of all processes share one load. What is past its
   * freshness is served at once and loaded anew behind it. An error is never kept: where nothing can be served, `get` rejects with
   * what `load` rejected with, or with UPSTREAM_TIMEOUT when `loadWithinMs` is over. While the store (Postgres or
   * Redis) is down, each process caches for itself. Aborting `signal` gives up the wait, not the load.
   * Keys have at most 512 characters.
   */
  get(key: string, load: Load<T>, options?: { signal?: AbortSignal }): Promise<Cached<T>>;
  /** What is known of the key, without loading anything. */
  peek(key: string): Promise<Cached<T> | undefined>;
  /**
   * What is known of the key, in every process, was true before this call and is dropped; so is the result of a load that has
   * begun. Rejects where the store cannot be told: then this process and those that can be reached have forgotten it.
   */
  invalidate(key: string): Promise<void>;
  /** The same for every key. */
  invalidateAll(): Promise<void>;
}

export interface Caches {
  /** Throws where the name is taken or unfit. */
  create<T>(definition: CacheDefinition<T>): Cache<T>;
}
