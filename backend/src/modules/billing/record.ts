import type { Transaction } from '../../kernel/db/index.ts';
import { AppError } from '../../kernel/errors/index.ts';
import type { EventBus } from '../../kernel/events/index.ts';
import type { Logger } from '../../kernel/logging/index.ts';
import type { Metrics } from '../../kernel/metrics/index.ts';
import type { Rules } from './entitled.ts';
import { differences, firstValues, type Purchase } from './purchase-row.ts';
import type { BillingRepository, Told } from './repository.ts';
import { nextChangeAfter, type PurchaseState, stateAt, type Timeline } from './state.ts';
import type { PurchaseTruth } from './truth.ts';

/** Why something is recorded. */
export interface Why {
  /** `app`: its buyer presents it, and is refused what is another user's. The others report what is so. */
  source: 'app' | 'webhook' | 'reconciliation' | 'operator';
  /** What it can be found by there, such as the id of an event. Never a receipt or a token. */
  reference?: string;
}

export interface Recorded {
  /** Whether anything is different now. A truth that is older than what is known changes nothing. */
  changed: boolean;
  purchaseId: string;
  /** Whose it is. */
  userId: string | null;
  /** What is different now, where anything is. */
  difference?: Difference;
}

/** What a truth has changed. */
export interface Difference {
  /** As it was stored; undefined where nobody knew of it. */
  before: Purchase | undefined;
  stateBefore: PurchaseState | null;
  stateAfter: PurchaseState;
  /** Each changed field as [before, after]. */
  changes: Readonly<Record<string, readonly [unknown, unknown]>>;
}

export interface RecorderOptions {
  repository: BillingRepository;
  rules: Rules;
  events: EventBus;
  metrics: Metrics;
  logger: Logger;
  /** Told in the transaction that changes what a user may use. */
  onChange: (tx: Transaction, userId: string) => Promise<void>;
  /** Told when a purchase will change by time alone. */
  onDue: (at: Date) => void;
}

/** What is to be told of a purchase at a moment. */
export const toldAt = (purchase: Timeline, now: Date, { renewalLeewayMs }: Rules): Told => ({
  state: stateAt(purchase, now, renewalLeewayMs),
  changesAt: nextChangeAfter(purchase, now, renewalLeewayMs),
});

/** The only writer of purchases. */
export function createRecorder(options: RecorderOptions) {
  const { repository, rules, events, metrics, logger, onChange, onDue } = options;
  const records = metrics.counter(
    'bulwark_billing_records_total',
    'Truths of providers about purchases: created, changed, same, stale (older than what is known) or owned (by another user).',
    ['provider', 'source', 'outcome'],
  );
  const signals = metrics.counter(
    'bulwark_billing_fraud_signals_total',
    'How often a purchase was presented that is another user’s.',
    ['provider'],
  );
  const underWay = new Set<Promise<void>>();

  /** Beside the transaction, which may end in a refusal. Nobody waits for it with a connection in hand. */
  function signalFraud(purchase: Purchase, claimantId: string, { source }: Why): void {
    const { id: purchaseId, provider, userId: ownerId } = purchase;
    const done = repository
      .addFraudSignal(purchase, claimantId, source)
      .then((isStored) => {
        // A store goes on naming the account that bought it when that is gone, and its owner has restored it into another.
        if (!isStored) return;
        signals.add({ provider });
        logger.warn(
          { purchaseId, provider, ownerId, claimantId },
          'A purchase of another user was presented',
        );
        events.publish('billing.fraud-signal-raised', { purchaseId, ownerId, claimantId });
      })
      .catch((error: unknown) => {
        logger.error({ err: error, purchaseId }, 'A fraud signal was not stored');
      })
      .finally(() => underWay.delete(done));
    underWay.add(done);
  }

  async function changed(
    tx: Transaction,
    purchase: Purchase,
    told: Told,
    userId: string | null,
    change: { why: Why } & Pick<Difference, 'before' | 'changes'>,
  ): Promise<Recorded> {
    const { why, before, changes } = change;
    await repository.addHistory(tx, {
      purchaseId: purchase.id,
      source: why.source,
      reference: why.reference ?? null,
      stateBefore: before?.toldState ?? null,
      stateAfter: told.state,
      changes,
    });
    if (userId !== null) await onChange(tx, userId);
    tx.afterCommit(() => {
      if (told.changesAt !== null) onDue(told.changesAt);
      const { id, provider, productId } = purchase;
      events.publish('billing.purchase-changed', {
        purchaseId: id,
        userId,
        provider,
        productId,
        stateBefore: before?.toldState ?? null,
        state: told.state,
      });
    });
    const stateBefore = before?.toldState ?? null;
    return {
      changed: true,
      purchaseId: purchase.id,
      userId,
      difference: { before, stateBefore, stateAfter: told.state, changes },
    };
  }

  return {
    /**
     * Takes a truth in, in the caller's transaction; what is told of it is told after the commit. Rejects with PURCHASE_OWNED
     * where its buyer presents what is another user's. Does nothing where the truth is older than what is known.
     */
    async record(tx: Transaction, truth: PurchaseTruth, why: Why): Promise<Recorded> {
      const { provider } = truth;
      const { source } = why;
      const count = (outcome: string) => {
        records.add({ provider, source, outcome });
      };
      const told = toldAt(truth, new Date(), rules);
      const created = await repository.insert(tx, truth, told);
      if (created) {
        count('created');
        const change = { why, before: undefined, changes: firstValues(truth) };
        return changed(tx, created, told, created.userId, change);
      }
      const known = await repository.lock(tx, provider, truth.key);
      if (!known) throw new Error('A purchase that was there is gone');
      const isOthers =
        truth.userId !== null && known.userId !== null && truth.userId !== known.userId;
      if (isOthers) {
        signalFraud(known, truth.userId ?? '', why);
        if (source === 'app') {
          count('owned');
          throw new AppError('PURCHASE_OWNED');
        }
      }
      const stale = isStale(truth, known);
      // Who owns it does not depend on when it was looked at.
      const newer = stale ? { ...known, userId: truth.userId } : truth;
      const changes = differences(known, newer);
      const present = toldAt(newer, new Date(), rules);
      const differs = Object.keys(changes).length > 0 || present.state !== known.toldState;
      const userId = await repository.update(tx, known.id, newer, present, differs);
      const claimed = userId !== known.userId;
      if (!differs && !claimed) {
        count(stale ? 'stale' : 'same');
        return { changed: false, purchaseId: known.id, userId };
      }
      count('changed');
      return changed(tx, { ...known, ...newer }, present, userId, {
        why,
        before: known,
        changes: claimed ? { ...changes, userId: [known.userId, userId] } : changes,
      });
    },
    /** Resolves when what goes on beside the transactions is done. */
    async close(): Promise<void> {
      await Promise.all(underWay);
    },
  };
}

/** Where the provider numbers its truths the number decides, otherwise the moment. */
function isStale(truth: PurchaseTruth, known: PurchaseTruth): boolean {
  if (truth.version !== null && known.version !== null && truth.version !== known.version)
    return truth.version < known.version;
  return truth.observedAt < known.observedAt;
}
