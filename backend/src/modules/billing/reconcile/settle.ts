import type { Transaction } from '../../../kernel/db/index.ts';
import type { Logger } from '../../../kernel/logging/index.ts';
import type { BillingService } from '../service.ts';
import type { ProviderName } from '../truth.ts';
import { driftOf } from './drift.ts';
import type { DriftRepository } from './drift-repository.ts';
import type { Look, Said } from './look.ts';
import type { ReconcileMetrics } from './metrics.ts';
import type { Counts } from './run-row.ts';
import type { Item, WorkRepository } from './work-repository.ts';

/** What became of one item. */
export type Outcome = 'same' | 'corrected' | 'found' | 'unknown' | 'failed';

export interface Settled {
  item: Item;
  outcome: Outcome;
  /** Of the purchase, where there is one. */
  purchaseId: string | null;
  /** Our own code where it could not be looked at. */
  errorCode: string | null;
}

export interface Settlement {
  settled: Settled[];
  counts: Counts;
  errorCode: string | null;
}

export const noCounts = (): Counts => ({
  checked: 0,
  same: 0,
  corrected: 0,
  found: 0,
  unknown: 0,
  failed: 0,
  accounts: 0,
});

export type Settle = ReturnType<typeof createSettle>;

/** Writes what a portion has shown: corrections by the one writer, the ledger, and what has to be looked at again. */
export function createSettle(options: {
  billing: Pick<BillingService, 'record'>;
  ledger: DriftRepository;
  metrics: ReconcileMetrics;
  logger: Logger;
}) {
  const { billing, ledger, metrics, logger } = options;

  async function correct(
    tx: Transaction,
    runId: string,
    { known, truth, alongside }: Said,
  ): Promise<{ outcome: Outcome; purchaseId: string | null }> {
    if (truth === undefined) {
      // Nobody loses anything by this: it may be a key of another account of the provider's, or a fault of theirs.
      if (known && (await ledger.addUnknown(tx, runId, known)))
        tx.afterCommit(() => {
          metrics.drift(known.provider, 'unknown');
        });
      return { outcome: 'unknown', purchaseId: known?.id ?? null };
    }
    const why = { source: 'reconciliation', reference: runId } as const;
    const { purchaseId, difference } = await billing.record(tx, truth, why);
    await alongside?.(tx);
    // An event came in between.
    if (difference === undefined) return { outcome: 'same', purchaseId };
    const { before, ...rest } = difference;
    const drift = driftOf(difference, truth, new Date());
    const purchase = { id: purchaseId, provider: truth.provider };
    await ledger.add(tx, runId, purchase, { ...drift, ...rest });
    tx.afterCommit(() => {
      metrics.drift(truth.provider, drift.kind);
    });
    return { outcome: before === undefined ? 'found' : 'corrected', purchaseId };
  }

  return async function settle(
    tx: Transaction,
    run: { id: string; provider: ProviderName },
    items: readonly Item[],
    looks: readonly Look[],
  ): Promise<Settlement> {
    const settled: Settled[] = [];
    const counts = noCounts();
    let errorCode: string | null = null;
    for (const [index, look] of looks.entries()) {
      const item = items[index];
      if (item === undefined) continue;
      if (look.kind !== 'said') {
        errorCode = look.code;
        const purchaseId = item.kind === 'purchase' ? item.id : null;
        settled.push({ item, outcome: 'failed', purchaseId, errorCode: look.code });
        logger.warn(
          {
            runId: run.id,
            provider: run.provider,
            item: item.id,
            kind: item.kind,
            code: look.code,
            ...(look.kind === 'failed' && { err: look.error }),
          },
          'A purchase could not be compared with its provider, and was left as it is',
        );
        continue;
      }
      if (item.kind === 'account') counts.accounts += 1;
      for (const said of look.said) {
        const { outcome, purchaseId } =
          said.truth !== undefined && !said.differs
            ? { outcome: 'same' as const, purchaseId: said.known?.id ?? null }
            : await correct(tx, run.id, said);
        settled.push({ item, outcome, purchaseId, errorCode: null });
      }
    }
    await ledger.closeUnknown(
      tx,
      settled.flatMap(({ outcome, purchaseId }) =>
        purchaseId === null || outcome === 'unknown' || outcome === 'failed' ? [] : [purchaseId],
      ),
    );
    for (const { outcome } of settled) {
      counts[outcome] += 1;
      if (outcome !== 'failed') counts.checked += 1;
    }
    tx.afterCommit(() => {
      for (const { outcome } of settled) metrics.looked(run.provider, outcome);
    });
    return { settled, counts, errorCode };
  };
}

/** Keeps what could not be looked at for later, and strikes out what was. */
export async function keepLeftovers(
  tx: Transaction,
  work: WorkRepository,
  runId: string,
  asked: readonly Item[],
  settled: readonly Settled[],
): Promise<void> {
  const failed = new Map(
    settled.flatMap(({ item, errorCode }) =>
      errorCode === null ? [] : [[item.id, { item, errorCode }] as const],
    ),
  );
  for (const { item, errorCode } of failed.values()) await work.leave(tx, runId, item, errorCode);
  const done = asked.filter(({ id, tries }) => tries > 0 && !failed.has(id)).map(({ id }) => id);
  if (done.length > 0) await work.settled(tx, runId, done);
}
