import type { Outcome } from './http-load.ts';

export interface Summary {
  sent: number;
  /** How often each outcome came. */
  counts: Readonly<Record<string, number>>;
  latencyMs: { p50: number; p95: number; p99: number; max: number };
}

export function summarize(outcomes: readonly Outcome[]): Summary {
  const counts: Record<string, number> = {};
  for (const { result } of outcomes) counts[result] = (counts[result] ?? 0) + 1;
  const sorted = outcomes.map(({ latencyMs }) => latencyMs).sort((one, other) => one - other);
  const at = (share: number) => percentileOf(sorted, share);
  return {
    sent: outcomes.length,
    counts,
    latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
  };
}

/** The value that this share of all is not above; 0 where there is none. */
export function percentile(values: readonly number[], share: number): number {
  return percentileOf(
    [...values].sort((one, other) => one - other),
    share,
  );
}

const percentileOf = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;

/** `1,180 × 200, 20 × 503`. */
export const describeCounts = (counts: Summary['counts']): string =>
  Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([result, count]) => `${grouped(count)} × ${result}`)
    .join(', ');

/** `59,328`. */
export const grouped = (count: number): string => count.toLocaleString('en-US');

/** `12 ms`, and below 10 ms with a decimal. */
export const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
