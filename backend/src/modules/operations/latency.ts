/** Upper bounds in milliseconds, as the histogram of the requests has them; what is beyond the last has a bucket too. */
export const bounds = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/**
 * The duration that a share of the requests did not exceed, in milliseconds, taken as evenly spread within its bucket. Null
 * without requests; beyond the last bound it is the last bound.
 */
export function percentile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (below + count >= rank) {
      const lower = bounds[index - 1] ?? 0;
      const upper = bounds[index] ?? lower;
      const within = count === 0 ? 0 : (rank - below) / count;
      return Math.round((lower + (upper - lower) * within) * 10) / 10;
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}
