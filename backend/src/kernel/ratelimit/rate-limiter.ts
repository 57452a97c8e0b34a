import type { KernelConfig, RateLimitTier } from '../config/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { CounterStore } from './counter-store.ts';
import { Counter } from './counter.ts';
import { Settlement } from './settlement.ts';
import {
  rateLimited,
  type RateLimitState,
  rateLimitTiers,
  strictTiers,
  windowMs,
} from './tiers.ts';

/**
 * The part of a general tier's limit that one process may admit before the others know of it. With N processes a caller
 * gets at most N times this part beyond the limit.
 */
const slicePart = 0.05;
/** Of each tier; beyond it the oldest are forgotten, and what they had is learnt from the store again. */
const mostCounters = 50_000;
const sweepIntervalMs = windowMs;

export interface RateLimiter {
  /**
   * Takes one point. Throws or rejects with RATE_LIMITED once the tier's points are used up. In a general tier the answer is
   * there at once, unless the caller is so fast that the other processes must hear of it first; in a strict one it
   * takes a round trip to the store, or none while the store is down.
   */
  consume(tier: RateLimitTier, key: string): RateLimitState | Promise<RateLimitState>;
  /** Tells the store what was counted last. */
  close(): Promise<void>;
}

export function createRateLimiter(
  { perMinute }: KernelConfig['ratelimit'],
  { store, logger, metrics }: { store: CounterStore; logger: Logger; metrics: Metrics },
): RateLimiter {
  const settlement = new Settlement(store, logger);
  const tiers = Object.fromEntries(
    rateLimitTiers.map((tier) => [tier, new Tier(tier, perMinute[tier], settlement)]),
  ) as Record<RateLimitTier, Tier>;

  metrics.tally(
    'bulwark_rate_limit_decisions_total',
    'Requests and socket events that were admitted, and those that were refused.',
    () =>
      rateLimitTiers.flatMap((tier) => [
        { labels: { tier, outcome: 'admitted' }, value: tiers[tier].admitted },
        { labels: { tier, outcome: 'limited' }, value: tiers[tier].limited },
      ]),
    ['tier', 'outcome'],
  );
  metrics.gauge(
    'bulwark_rate_limit_store_up',
    'Whether rate limits are counted over all processes (1) or in this one alone (0).',
    () => (settlement.up ? 1 : 0),
  );

  const sweep = setInterval(() => {
    for (const tier of Object.values(tiers)) tier.forgetEnded();
    if (settlement.up) store.sweep().catch(() => undefined); // The next one will do.
  }, sweepIntervalMs).unref();

  return {
    consume: (tier, key) => tiers[tier].consume(key),
    close() {
      clearInterval(sweep);
      return settlement.close();
    },
  };
}

class Tier {
  readonly #name: RateLimitTier;
  readonly #limit: number;
  /** What may be unsettled at most. */
  readonly #slice: number;
  readonly #settlement: Settlement;
  readonly #counters = new Map<string, Counter>();
  admitted = 0;
  limited = 0;

  constructor(name: RateLimitTier, limit: number, settlement: Settlement) {
    this.#name = name;
    this.#limit = limit;
    this.#slice = strictTiers.has(name) ? 0 : Math.ceil(limit * slicePart);
    this.#settlement = settlement;
  }

  consume(key: string): RateLimitState | Promise<RateLimitState> {
    const now = performance.now();
    const counter = this.#counters.get(key) ?? this.#newCounter(key);
    if (now >= counter.windowEndsAt) {
      counter.known = 0;
      counter.windowEndsAt = now + windowMs;
    }
    const { unsettled } = counter;
    const place = counter.known + unsettled + 1;
    if (place > this.#limit) throw this.#refusal(counter);
    if (unsettled >= this.#slice && this.#settlement.up) return this.#wait(counter);

    counter.pending += 1;
    // Soon enough that a caller in a hurry seldom has to wait.
    if (2 * (unsettled + 1) >= this.#slice) this.#settlement.soon(counter);
    else if (counter.pending === 1) this.#settlement.later(counter);
    return this.#admission(counter, place);
  }

  #wait(counter: Counter): Promise<RateLimitState> {
    return new Promise((resolve, reject) => {
      counter.waiting.push({
        admit: (place) => {
          resolve(this.#admission(counter, place));
        },
        refuse: () => {
          reject(this.#refusal(counter));
        },
      });
      this.#settlement.soon(counter);
    });
  }

  #admission(counter: Counter, place: number): RateLimitState {
    this.admitted += 1;
    return {
      limit: this.#limit,
      remaining: this.#limit - place,
      resetSeconds: secondsUntil(counter.windowEndsAt),
    };
  }

  #refusal(counter: Counter): Error {
    this.limited += 1;
    return rateLimited(this.#name, this.#limit, secondsUntil(counter.windowEndsAt));
  }

  #newCounter(key: string): Counter {
    if (this.#counters.size >= mostCounters) this.#forgetOldest();
    const counter = new Counter(`${this.#name}:${key}`, this.#limit);
    this.#counters.set(key, counter);
    return counter;
  }

  #forgetOldest(): void {
    let looks = 2;
    for (const [key, counter] of this.#counters) {
      this.#counters.delete(key);
      // While it is being settled, a second counter of its key must not go to the store beside it.
      if (counter.unsettled > 0) this.#counters.set(key, counter);
      looks -= 1;
      if (looks === 0) return;
    }
  }

  forgetEnded(): void {
    const now = performance.now();
    for (const [key, counter] of this.#counters) {
      if (counter.windowEndsAt <= now && counter.unsettled === 0) this.#counters.delete(key);
    }
  }
}

const secondsUntil = (time: number): number =>
  Math.max(1, Math.ceil((time - performance.now()) / 1000));
