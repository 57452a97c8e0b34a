import type { UserCaller } from '../../kernel/auth/index.ts';
import type { Database, Transaction } from '../../kernel/db/index.ts';
import type { Entitlements, EntitlementsNow } from '../../kernel/entitlements/index.ts';
import type { EventBus } from '../../kernel/events/index.ts';
import type { Logger } from '../../kernel/logging/index.ts';
import type { Metrics } from '../../kernel/metrics/index.ts';
import { entitlementsNow, type Rules, type View, viewAt } from './entitled.ts';
import type { Products } from './products.ts';
import { createRecorder, publishChange, type Recorded, toldAt, type Why } from './record.ts';
import type { BillingRepository } from './repository.ts';
import type { PurchaseTruth } from './truth.ts';

export interface BillingServiceOptions {
  db: Database;
  repository: BillingRepository;
  products: Products;
  rules: Rules;
  entitlements: Entitlements;
  events: EventBus;
  metrics: Metrics;
  logger: Logger;
  /** Told when a purchase will change by time alone. */
  onDue: (at: Date) => void;
  /** Done in the transaction that changes what a user may use. */
  alongside: (tx: Transaction, userId: string) => Promise<void>;
}

export type BillingService = ReturnType<typeof createBillingService>;

/** Purchases that one look at what time has changed takes along. */
const dueAtOnce = 500;

export function createBillingService(options: BillingServiceOptions) {
  const { db, repository, products, rules, entitlements, events, alongside } = options;

  /** Tells everybody after the commit: guards of all processes, and the user's sockets. */
  async function onChange(tx: Transaction, userId: string): Promise<void> {
    tx.afterCommit(() => {
      entitlements.changed(userId);
      events.publish('billing.entitlements-changed', { userId });
    });
    await alongside(tx, userId);
  }

  const recorder = createRecorder({ ...options, onChange });

  const viewOf = async (userId: string): Promise<View> =>
    viewAt(await repository.ofUser(userId), { products, rules }, new Date());

  return {
    /**
     * Takes in what a provider says of a purchase: the only way in which purchases are written. In the caller's transaction;
     * guards, sockets and subscribers of `billing.purchase-changed` are told after its commit.
     */
    record: (tx: Transaction, truth: PurchaseTruth, why: Why): Promise<Recorded> =>
      recorder.record(tx, truth, why),

    /** The source of the kernel's port. */
    async now(userId: string): Promise<EntitlementsNow> {
      return entitlementsNow(await viewOf(userId), rules);
    },

    viewOf,

    /** With the caller's rights. */
    async viewOfCaller(caller: UserCaller, signal: AbortSignal): Promise<View> {
      const purchases = await repository.ofCaller(caller, signal);
      return viewAt(purchases, { products, rules }, new Date());
    },

    /**
     * Tells what time alone has changed. Resolves with when to look again: now where there may be more, null where nothing
     * will change by itself.
     */
    async tellDue(signal: AbortSignal): Promise<Date | null> {
      const now = new Date();
      const told = await db.asLogin(
        async (tx) => {
          const purchases = await repository.lockDue(tx, now, dueAtOnce);
          const due = purchases.map((purchase) => ({
            purchase,
            told: toldAt(purchase, now, rules),
          }));
          if (due.length > 0) await repository.tell(tx, due);
          const changed = due.filter(({ purchase, told }) => told.state !== purchase.toldState);
          for (const userId of new Set(changed.map(({ purchase }) => purchase.userId)))
            if (userId !== null) await onChange(tx, userId);
          tx.afterCommit(() => {
            for (const { purchase, told } of changed) {
              const { userId, toldState: stateBefore } = purchase;
              publishChange(events, purchase, { userId, stateBefore, state: told.state });
            }
          });
          return due.length;
        },
        { signal },
      );
      return told === dueAtOnce ? now : repository.nextDue();
    },

    close: () => recorder.close(),
  };
}
