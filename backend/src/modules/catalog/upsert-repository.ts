import type { Transaction } from '../../kernel/db/index.ts';
import type { RowOutcome } from './batch.ts';

/**
 * Writes a batch in one statement and resolves with what became of each row; `batch` is what `batchOf` makes. Rows are
 * locked in the order of their ids, so batches at the same time wait for each other and do not deadlock.
 */
export async function upsertCards(
  tx: Transaction,
  batch: readonly unknown[],
  seen: Date,
): Promise<RowOutcome[]> {
  const { rows } = await tx.query<RowOutcome>(
    `select kind, card_row as "cardRow", variant_row as "variantRow", id, outcome, reason
     from catalog.upsert_cards($1::jsonb, $2)
     order by kind, card_row, variant_row`,
    [JSON.stringify(batch), seen],
  );
  return rows;
}
