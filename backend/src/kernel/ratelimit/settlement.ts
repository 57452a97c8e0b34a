import type { Logger } from '../logging/index.ts';
import type { Count, CounterStore } from './counter-store.ts';
import type { Counter, Waiter } from './counter.ts';

/** Points taken here are told to the other processes at the latest after this. */
const intervalMs = 250;
/** How often a store that is down is tried. */
const retryMs = 1_000;
const largestBatch = 1_000;

interface Batch {
  counter: Counter;
  waiters: Waiter[];
}

/**
 * Carries points between this process and the store: many counters in one statement, one statement at a time. While the
 * store is down, whoever waits is counted here, and what was counted here is told to the store when it is back.
 */
export class Settlement {
  readonly #store: CounterStore;
  readonly #logger: Logger;
  readonly #due = new Set<Counter>();
  #up = true;
  /** Somebody cannot wait for the next interval once the present round trip is over. */
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #hurry: NodeJS.Immediate | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(store: CounterStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** Whether the store answers. Without it every process counts for itself. */
  get up(): boolean {
    return this.#up;
  }

  /** The counter has points to tell, which can wait. */
  later(counter: Counter): void {
    this.#due.add(counter);
    if (this.#timer === undefined && this.#running === undefined) this.#schedule();
  }

  /** They cannot wait: somebody does, or others should know soon. Everyone who says so in this turn comes along. */
  soon(counter: Counter): void {
    this.#due.add(counter);
    if (!this.#up) this.later(counter);
    else if (this.#running === undefined) this.#hurry ??= setImmediate(() => void this.settle());
    else this.#again = true;
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.settle(), this.#up ? intervalMs : retryMs).unref();
  }

  /** One round trip. Never rejects. */
  settle(): Promise<void> {
    return (this.#running ??= this.#settle().finally(() => {
      this.#running = undefined;
      if (this.#again && this.#up) this.#hurry ??= setImmediate(() => void this.settle());
      else if (this.#due.size > 0 || !this.#up) this.#schedule();
      this.#again = false;
    }));
  }

  async #settle(): Promise<void> {
    clearTimeout(this.#timer);
    clearImmediate(this.#hurry);
    this.#timer = this.#hurry = undefined;
    const batch = this.#nextBatch();
    try {
      const counts = await this.#store.add(
        batch.map(({ counter }) => ({ key: counter.key, points: counter.inFlight })),
      );
      this.#storeIs(true);
      batch.forEach((settled, index) => {
        answerAll(settled, counts[index]);
      });
    } catch (error) {
      this.#storeIs(false, error);
      for (const { counter, waiters } of batch) {
        counter.pending += counter.inFlight - waiters.length;
        counter.inFlight = 0;
        this.#due.add(counter);
        admitHere(counter, waiters);
      }
      for (const counter of this.#due) admitHere(counter, counter.waiting.splice(0));
    }
  }

  #nextBatch(): Batch[] {
    const batch: Batch[] = [];
    for (const counter of this.#due) {
      if (batch.length === largestBatch) {
        this.#again = true;
        break;
      }
      this.#due.delete(counter);
      const waiters = counter.waiting.splice(0);
      counter.inFlight = counter.pending + waiters.length;
      counter.pending = 0;
      batch.push({ counter, waiters });
    }
    return batch;
  }

  #storeIs(up: boolean, error?: unknown): void {
    if (this.#up === up) return;
    this.#up = up;
    if (up) this.#logger.info('Rate limits are counted over all processes again');
    else this.#logger.warn({ err: error }, 'Rate limits are counted in this process alone');
  }

  /** Tells the store what is left. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    if (this.#due.size > 0 && this.#up) await this.settle();
    clearTimeout(this.#timer);
    clearImmediate(this.#hurry);
  }
}

/** Those who waited took the last places. */
function answerAll({ counter, waiters }: Batch, answer: Count | undefined): void {
  if (answer === undefined) return; // A store answers each or rejects.
  counter.known = answer.count;
  counter.windowEndsAt = performance.now() + answer.endsInMs;
  counter.inFlight = 0;
  const before = answer.count - waiters.length;
  waiters.forEach((waiter, index) => {
    answerWaiter(waiter, before + index + 1, counter.limit);
  });
}

function answerWaiter(waiter: Waiter, place: number, limit: number): void {
  if (place <= limit) waiter.admit(place);
  else waiter.refuse();
}

/** By what is known in this process. */
function admitHere(counter: Counter, waiters: readonly Waiter[]): void {
  for (const waiter of waiters) {
    const place = counter.count + 1;
    if (place <= counter.limit) counter.pending += 1;
    answerWaiter(waiter, place, counter.limit);
  }
}
