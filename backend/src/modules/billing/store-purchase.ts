import type { UserCaller } from '../../kernel/auth/index.ts';
import type { Database, Transaction } from '../../kernel/db/index.ts';
import { AppError, type ErrorCode } from '../../kernel/errors/index.ts';
import type { ProviderDefinition } from '../../kernel/resilience/index.ts';
import { shown } from './schema.ts';
import type { BillingService } from './service.ts';
import type { PurchaseTruth } from './truth.ts';

// What the App Store and Google Play have in common: an app presents what its user has bought there.

/** How the stores are asked: three tries, the pauses between them from about one second to ten. */
export const storePolicy = {
  attempts: 3,
  pauseMs: { first: 1_000, longest: 10_000 },
  deadlineMs: 30_000,
  interactiveDeadlineMs: 25_000,
  attemptMs: 7_500,
} as const satisfies Partial<ProviderDefinition>;

/** What a store says of something that was presented. */
export interface Presented {
  /** With the account that the store names, not with who presents it. */
  truth: PurchaseTruth;
  /** What the history names it by. Never what was presented. */
  reference?: string;
  /** Done in the transaction that records it. */
  alongside?: (tx: Transaction) => Promise<void>;
}

type Shown = ReturnType<typeof shown>;

export interface Taken {
  at: Date;
  purchase: Shown['purchases'][number];
  entitlements: Shown['entitlements'];
}

export interface Restored {
  at: Date;
  /** In the order of what was presented. */
  results: { purchase: Taken['purchase'] | null; error: ErrorCode | null }[];
  entitlements: Shown['entitlements'];
}

export interface StorePurchases {
  /**
   * Makes it the caller's, once however often it comes. Rejects with PURCHASE_OWNED where it is another user's, or where the
   * store names another account.
   */
  take(caller: UserCaller, presented: Presented, signal: AbortSignal): Promise<Taken>;
  /**
   * The same for several. One that is refused holds up no other; trouble with the store or with us rejects, and all of it may
   * be asked for again.
   */
  restore(
    caller: UserCaller,
    presented: AsyncIterable<Presented | AppError>,
    signal: AbortSignal,
  ): Promise<Restored>;
}

export function createStorePurchases({
  db,
  service,
}: {
  db: Database;
  service: BillingService;
}): StorePurchases {
  async function claim(
    { userId: claimantId }: UserCaller,
    { truth, reference, alongside }: Presented,
  ): Promise<string> {
    const { userId, purchaseId } = await db.asService(async (tx) => {
      const recorded = await service.record(tx, truth, {
        source: 'app',
        claimantId,
        ...(reference === undefined ? {} : { reference }),
      });
      await alongside?.(tx);
      return recorded;
    });
    // What the store says of it lasts, also where the caller is refused.
    if (userId !== null && userId !== claimantId) throw new AppError('PURCHASE_OWNED');
    return purchaseId;
  }

  const view = async (caller: UserCaller, signal: AbortSignal) =>
    shown(await service.viewOfCaller(caller, signal));

  return {
    async take(caller, presented, signal) {
      const id = await claim(caller, presented);
      const { at, purchases, entitlements } = await view(caller, signal);
      return { at, purchase: found(purchases, id), entitlements };
    },
    async restore(caller, presented, signal) {
      const taken: (string | AppError)[] = [];
      for await (const one of presented)
        taken.push(AppError.is(one) ? one : await claim(caller, one).catch(asRefusal));
      const { at, purchases, entitlements } = await view(caller, signal);
      const results = taken.map((one) =>
        typeof one === 'string'
          ? { purchase: found(purchases, one), error: null }
          : { purchase: null, error: one.code },
      );
      return { at, results, entitlements };
    },
  };
}

/** What is wrong with what was presented; anything else is thrown on. */
export function asRefusal(error: unknown): AppError {
  if (AppError.is(error) && error.statusCode < 500) return error;
  throw error;
}

function found(purchases: Shown['purchases'], id: string): Taken['purchase'] {
  const purchase = purchases.find((each) => each.id === id);
  // Between the two its account was deleted.
  if (purchase === undefined) throw new AppError('CONFLICT');
  return purchase;
}
