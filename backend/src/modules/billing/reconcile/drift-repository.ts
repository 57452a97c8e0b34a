import type { Database, Transaction } from '../../../kernel/db/index.ts';
import { validationFailed } from '../../../kernel/errors/index.ts';
import type { Page } from '../admin-repository.ts';
import type { Purchase } from '../purchase-row.ts';
import type { Difference } from '../record.ts';
import type { PurchaseState } from '../state.ts';
import type { ProviderName } from '../truth.ts';
import type { Drift, DriftKind } from './drift.ts';

/** What was wrong with one purchase. */
export interface DriftEntry extends Drift {
  id: string;
  runId: string;
  purchaseId: string;
  provider: ProviderName;
  userId: string | null;
  productId: string;
  stateBefore: PurchaseState | null;
  stateAfter: PurchaseState | null;
  changes: Record<string, unknown>;
  foundAt: Date;
  correctedAt: Date | null;
}

export interface DriftFilter {
  provider?: ProviderName;
  kind?: DriftKind;
  runId?: string;
  purchaseId?: string;
  userId?: string;
  /** Only what is not corrected. */
  open?: boolean;
  limit: number;
  cursor?: string;
}

export type DriftRepository = ReturnType<typeof createDriftRepository>;

const columns = `d.id::text, d.run_id as "runId", d.purchase_id as "purchaseId", d.provider,
  p.user_id as "userId", p.product_id as "productId", d.kind, d.guess,
  d.state_before as "stateBefore", d.state_after as "stateAfter", d.changes, d.since,
  d.since_is as "sinceIs", d.found_at as "foundAt", d.corrected_at as "correctedAt"`;

/** The drift ledger. Its table is the server's own, so its login role writes it. */
export function createDriftRepository(db: Database) {
  return {
    async add(
      tx: Transaction,
      runId: string,
      purchase: { id: string; provider: ProviderName },
      { stateBefore, stateAfter, changes, ...drift }: Drift & Omit<Difference, 'before'>,
    ): Promise<void> {
      await tx.queryAsLogin(
        `insert into billing.drift (run_id, purchase_id, provider, kind, guess, state_before,
           state_after, changes, since, since_is, corrected_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now())`,
        [
          runId,
          purchase.id,
          purchase.provider,
          drift.kind,
          drift.guess,
          stateBefore,
          stateAfter,
          JSON.stringify(changes),
          drift.since,
          drift.sinceIs,
        ],
      );
    },

    /** Of a purchase that its provider does not know. False where that stands there already. */
    async addUnknown(tx: Transaction, runId: string, purchase: Purchase): Promise<boolean> {
      const { rowCount } = await tx.queryAsLogin(
        `insert into billing.drift (run_id, purchase_id, provider, kind, guess, state_before, changes,
           since, since_is)
         values ($1, $2, $3, 'unknown', 'not-known-there', $4, '{}', $5, 'observed')
         on conflict (purchase_id) where kind = 'unknown' and corrected_at is null do nothing`,
        [runId, purchase.id, purchase.provider, purchase.toldState, purchase.observedAt],
      );
      return rowCount === 1;
    },

    /** Of purchases that their provider knows again. */
    async closeUnknown(tx: Transaction, purchaseIds: readonly string[]): Promise<void> {
      if (purchaseIds.length === 0) return;
      await tx.queryAsLogin(
        `update billing.drift set corrected_at = now()
         where purchase_id = any($1::uuid[]) and kind = 'unknown' and corrected_at is null`,
        [purchaseIds],
      );
    },

    /** Newest first. */
    async list(filter: DriftFilter): Promise<Page<DriftEntry>> {
      const { provider, kind, runId, purchaseId, userId, open, limit, cursor } = filter;
      if (cursor !== undefined && !/^\d{1,18}$/.test(cursor))
        throw validationFailed([{ field: 'cursor', reason: 'is not one of ours' }]);
      const { rows } = await db.asLogin(
        (tx) =>
          tx.query<DriftEntry>(
            `select ${columns} from billing.drift d join billing.purchases p on p.id = d.purchase_id
             where ($1::text is null or d.provider = $1) and ($2::text is null or d.kind = $2)
               and ($3::uuid is null or d.run_id = $3) and ($4::uuid is null or d.purchase_id = $4)
               and ($5::uuid is null or p.user_id = $5)
               and (not $6::boolean or d.corrected_at is null) and ($7::bigint is null or d.id < $7)
             order by d.id desc limit $8`,
            [provider, kind, runId, purchaseId, userId, open === true, cursor, limit + 1],
          ),
        { readOnly: true },
      );
      const page = rows.slice(0, limit);
      return { rows: page, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
    },
  };
}
