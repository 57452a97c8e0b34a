import type { Transaction } from '../../kernel/db/index.ts';
import type { EventBus } from '../../kernel/events/index.ts';
import type { Logger } from '../../kernel/logging/index.ts';
import type { Metrics } from '../../kernel/metrics/index.ts';
import type { Rules } from './entitled.ts';
import { differences, firstValues, type Purchase } from './purchase-row.ts';
import type { BillingRepository, Told } from './repository.ts';
import { isOver, nextChangeAfter, type PurchaseState, stateAt, type Timeline } from './state.ts';
import type { PurchaseTruth } from './truth.ts';

/** Why something is recorded. */
export interface Why {
  source: 'app' | 'webhook' | 'reconciliation' | 'operator';
  /** With `app`: who presents it, and has it unless it is another user's, or the truth names one. */
  claimantId?: string;
  /** What it can be found by there, such as the id of an event. Never a receipt or a token. */
  reference?: string;
}

export interface Recorded {
  /** Whether anything is different now. A truth that is older than what is known changes nothing. */
  changed: boolean;
  purchaseId: string;
  /** Whose it is. Another than the claimant is to be told PURCHASE_OWNED. */
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

/** For whoever follows purchases; guards and sockets hear of users. */
export function publishChange(
  events: EventBus,
  { id: purchaseId, provider, productId }: Purchase,
  change: { userId: string | null; stateBefore: PurchaseState | null; state: PurchaseState },
): void {
  events.publish('billing.purchase-changed', { purchaseId, provider, productId, ...change });
}

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

  /** After the transaction, whose purchase may be new. Nobody waits for it with a connection in hand. */
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
    const stateBefore = before?.toldState ?? null;
    await repository.addHistory(tx, {
      purchaseId: purchase.id,
      source: why.source,
      reference: why.reference ?? null,
      stateBefore,
      stateAfter: told.state,
      changes,
    });
    for (const one of new Set([before?.userId ?? null, userId]))
      if (one !== null) await onChange(tx, one);
    tx.afterCommit(() => {
      if (told.changesAt !== null) onDue(told.changesAt);
      publishChange(events, purchase, { userId, stateBefore, state: told.state });
    });
    return {
      changed: true,
      purchaseId: purchase.id,
      userId,
      difference: { before, stateBefore, stateAfter: told.state, changes },
    };
  }

  return {
    /**
     * Takes a truth in, in the caller's transaction; what is told of it is told after the commit. Where it is older than what is
     * known it says at most whose it is.
     */
    async record(tx: Transaction, truth: PurchaseTruth, why: Why): Promise<Recorded> {
      const { provider } = truth;
      const { source, claimantId = null } = why;
      /** Who presents it is who may be wrong; where nobody does, whom the provider names. */
      const seen = (purchase: Purchase, outcome: string) => {
        const claimant = claimantId ?? truth.userId;
        const isOthers =
          claimant !== null && purchase.userId !== null && claimant !== purchase.userId;
        if (isOthers)
          tx.afterCommit(() => {
            signalFraud(purchase, claimant, why);
          });
        records.add({
          provider,
          source,
          outcome: isOthers && claimantId !== null ? 'owned' : outcome,
        });
      };
      const told = toldAt(truth, new Date(), rules);
      const created = await repository.insert(tx, truth, told, claimantId);
      if (created) {
        seen(created, 'created');
        const change = { why, before: undefined, changes: firstValues(truth) };
        return changed(tx, created, told, created.userId, change);
      }
      const known = await repository.lock(tx, provider, truth.key);
      if (!known) throw new Error('A purchase that was there is gone');
      const now = new Date();
      const stale = isStale(truth, known);
      // Who owns what is nobody's does not depend on when it was looked at.
      const newer = stale ? { ...known, userId: truth.userId } : truth;
      const changes = differences(known, newer);
      const present = toldAt(newer, now, rules);
      const differs = Object.keys(changes).length > 0 || present.state !== known.toldState;
      const userId = await repository.update(tx, known.id, newer, {
        told: present,
        claimantId,
        isNew: differs,
        // The App Store goes on with the old purchase when one Apple ID buys again, for whichever account. Without leeway: it may
        // be bought again at once.
        isFree: !stale && isOver(stateAt(known, now)),
      });
      const moved = userId !== known.userId;
      const isChanged = differs || moved;
      seen({ ...known, userId }, isChanged ? 'changed' : stale ? 'stale' : 'same');
      if (!isChanged) return { changed: false, purchaseId: known.id, userId };
      return changed(tx, { ...known, ...newer }, present, userId, {
        why,
        before: known,
        changes: moved ? { ...changes, userId: [known.userId, userId] } : changes,
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
