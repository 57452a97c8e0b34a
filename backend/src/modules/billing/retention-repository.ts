import type { Database } from '../../kernel/db/index.ts';
import { endedDaysAgo } from './purchase-row.ts';

/** How many rows of each were deleted. */
export type Deleted = Record<keyof typeof past, number>;
export type RetentionRepository = ReturnType<typeof createRetentionRepository>;

/** Rows of one transaction. */
const atOnce = 5_000;
const statementTimeoutMs = 60_000;

/** What is past its time, by days ($1) and number ($2). In this order: a run stays for as long as the ledger names it. */
const past = {
  drift: `
    delete from billing.drift where id in (
      select id from billing.drift where corrected_at < now() - make_interval(days => $1) limit $2)`,
  runs: `
    delete from billing.reconciliations where id in (
      select id from billing.reconciliations as runs
      where ended_at < now() - make_interval(days => $1)
        and not exists (select from billing.drift where run_id = runs.id) limit $2)`,
  googleTokens: `
    delete from billing.google_tokens where key in (
      select key from billing.google_tokens as tokens
      where created_at < now() - make_interval(days => $1) and unacknowledged_since is null
        and not exists (
          select from billing.purchases as p where p.provider = 'google' and p.key = tokens.key
            and (${endedDaysAgo('$1')}) is not true) limit $2)`,
} as const;

export function createRetentionRepository(db: Database) {
  async function all(sql: string, days: number, signal: AbortSignal): Promise<number> {
    for (let deleted = 0; ;) {
      const { rowCount } = await db.asLogin((tx) => tx.query(sql, [days, atOnce]), {
        statementTimeoutMs,
        signal,
      });
      deleted += rowCount;
      if (rowCount < atOnce) return deleted;
    }
  }

  return {
    async deletePast(days: number, signal: AbortSignal): Promise<Deleted> {
      const drift = await all(past.drift, days, signal);
      const runs = await all(past.runs, days, signal);
      return { drift, runs, googleTokens: await all(past.googleTokens, days, signal) };
    },
  };
}
