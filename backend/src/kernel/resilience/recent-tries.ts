import { Joi, listOf, shape } from '../schema/index.ts';

const minuteMs = 60_000;
/** How far back an operator looks. */
export const minutesKept = 5;
/** The n-th bucket holds tries of up to 1.25ⁿ milliseconds; the last one all that took longer. */
const growth = 1.25;
const buckets = 52;

/** The tries of one minute. Small, so that processes can show them to each other. */
export interface MinuteOfTries {
  /** Minutes since 1970. */
  minute: number;
  failures: number;
  /** Bucket and count, in turn; empty ones are left out. */
  counts: number[];
}

export const minutesOfTries = listOf(
  shape({
    minute: Joi.number().integer(),
    failures: Joi.number().integer(),
    counts: listOf(Joi.number().integer()),
  }),
);

interface Minute {
  failures: number;
  counts: Map<number, number>;
}

/** How the tries of the last minutes went, in bounded memory. */
export class RecentTries {
  readonly #minutes = new Map<number, Minute>();

  add(milliseconds: number, failed: boolean): void {
    const now = Math.floor(Date.now() / minuteMs);
    let minute = this.#minutes.get(now);
    if (minute === undefined) {
      minute = { failures: 0, counts: new Map() };
      this.#minutes.set(now, minute);
      this.#forget(now);
    }
    if (failed) minute.failures += 1;
    const bucket = Math.ceil(Math.log(Math.max(1, milliseconds)) / Math.log(growth));
    const index = Math.min(bucket, buckets - 1);
    minute.counts.set(index, (minute.counts.get(index) ?? 0) + 1);
  }

  minutes(): MinuteOfTries[] {
    this.#forget(Math.floor(Date.now() / minuteMs));
    return [...this.#minutes].map(([minute, { failures, counts }]) => ({
      minute,
      failures,
      counts: [...counts].flat(),
    }));
  }

  #forget(now: number): void {
    for (const minute of this.#minutes.keys())
      if (minute <= now - minutesKept) this.#minutes.delete(minute);
  }
}

/** Of all processes together. A percentile is the bound of its bucket, so at most a quarter too high. */
export function summarizeTries(minutes: readonly MinuteOfTries[]): {
  calls: number;
  failures: number;
  latencyMs: { p50: number; p95: number; p99: number } | null;
} {
  const since = Math.floor(Date.now() / minuteMs) - minutesKept;
  const counts = new Array<number>(buckets).fill(0);
  let failures = 0;
  for (const { minute, failures: failed, counts: pairs } of minutes) {
    if (minute <= since) continue;
    failures += failed;
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const bucket = pairs[at] ?? 0;
      counts[bucket] = (counts[bucket] ?? 0) + (pairs[at + 1] ?? 0);
    }
  }
  const calls = counts.reduce((sum, count) => sum + count, 0);
  const percentile = (share: number): number => {
    let seen = 0;
    const bucket = counts.findIndex((count) => (seen += count) >= share * calls);
    return Math.round(growth ** Math.max(0, bucket));
  };
  return {
    calls,
    failures,
    latencyMs:
      calls === 0 ? null : { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) },
  };
}
