/** What the store knows of a key. Times are counted by the store's clock, so that processes agree whatever theirs say. */
export interface StoredEntry {
  /** The value. */
  json: string;
  ageMs: number;
  /** Negative once it is stale. */
  freshForMs: number;
  usableForMs: number;
}

export interface NewEntry {
  json: string;
  freshMs: number;
  usableMs: number;
}

/**
 * Where the processes meet: values, and claims to load them. A claim is a lease that its holder renews while it loads, so
 * the load of a process that died is free again soon. Rejects when the store does not answer in time.
 */
export interface CacheStore {
  /** What is usable still. */
  read(cache: string, key: string): Promise<StoredEntry | undefined>;
  /** Whether `holder` may load now. Nobody may while another does, in the pause after a failure, or what is there is fresh. */
  claim(cache: string, key: string, holder: string, leaseMs: number): Promise<boolean>;
  renew(cache: string, key: string, holder: string, leaseMs: number): Promise<void>;
  /** Keeps the value and ends the claim; false, and nothing is kept, where the claim was lost to another or to an invalidation. */
  write(cache: string, key: string, holder: string, entry: NewEntry): Promise<boolean>;
  /** Ends the claim without a value. Where there is an old one, nobody may load it anew for `pauseMs`. */
  release(cache: string, key: string, holder: string, pauseMs: number): Promise<void>;
  /** Drops the value and any claim to it. */
  remove(cache: string, key: string): Promise<void>;
  removeAll(cache: string): Promise<void>;
  /** Drops what is of no use any more. */
  sweep(): Promise<void>;
}
