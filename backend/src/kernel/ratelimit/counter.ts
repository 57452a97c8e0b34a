/** A request that only the store can admit. `admit` is called with its place in the window, from 1. */
export interface Waiter {
  admit(place: number): void;
  refuse(): void;
}

/** What this process knows of one caller's points in one tier. Times are milliseconds of `performance.now()`. */
export class Counter {
  /** In the store's notation: `signed-in:user:…`. */
  readonly key: string;
  readonly limit: number;
  /** What the store said last: the points of all processes in this window. */
  known = 0;
  /** Admitted here since, and not yet told to the store. */
  pending = 0;
  /** On the way to the store. */
  inFlight = 0;
  windowEndsAt = 0;
  /** Those who wait to be on the way. */
  waiting: Waiter[] = [];

  constructor(key: string, limit: number) {
    this.key = key;
    this.limit = limit;
  }

  /** What others cannot know of yet. */
  get unsettled(): number {
    return this.pending + this.inFlight + this.waiting.length;
  }

  /** The most that can have been used up, as far as is known here. */
  get count(): number {
    return this.known + this.unsettled;
  }
}
