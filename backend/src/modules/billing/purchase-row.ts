import type { PurchaseState } from './state.ts';
import type { ProviderName, PurchaseTruth } from './truth.ts';

/** A purchase as it is stored: the last truth of its provider, and what we did about it. */
export interface Purchase extends PurchaseTruth {
  id: string;
  /** As it was last told; time may have gone on since. */
  toldState: PurchaseState;
  /** When the state is another one by time alone. */
  changesAt: Date | null;
  createdAt: Date;
  changedAt: Date;
}

/** What Postgres gives of one. */
export type PurchaseRow = Omit<Purchase, 'pausedUntil' | 'version'> & {
  provider: ProviderName;
  /** Infinity for open-ended. */
  pausedUntil: Date | number | null;
  /** The driver gives big integers as text. */
  version: string | null;
};

export const purchaseColumns = `id, provider, key, user_id as "userId", product_id as "productId", kind,
  environment, started_at as "startedAt", period_ends_at as "periodEndsAt",
  grace_ends_at as "graceEndsAt", auto_renews as "autoRenews", paused_until as "pausedUntil",
  on_hold as "onHold", refunded_at as "refundedAt", part_refund as "partRefund",
  revoked_at as "revokedAt", manage_url as "manageUrl", observed_at as "observedAt", version,
  told_state as "toldState", changes_at as "changesAt", created_at as "createdAt", changed_at as "changedAt"`;

export const purchaseOf = (row: PurchaseRow): Purchase => ({
  ...row,
  pausedUntil:
    row.pausedUntil instanceof Date || row.pausedUntil === null ? row.pausedUntil : 'open-ended',
  version: row.version === null ? null : Number(row.version),
});

/** As a condition: a subscription that ended more than so many days ago, and does not go on. */
export const endedDaysAgo = (days: string): string => `kind = 'subscription' and not auto_renews
  and not on_hold and paused_until is null and period_ends_at < now() - make_interval(days => ${days})`;

/** The columns of a truth beside its name, its owner and what orders it, and how each is written. */
const written = {
  productId: 'product_id',
  kind: 'kind',
  environment: 'environment',
  startedAt: 'started_at',
  periodEndsAt: 'period_ends_at',
  graceEndsAt: 'grace_ends_at',
  autoRenews: 'auto_renews',
  pausedUntil: 'paused_until',
  onHold: 'on_hold',
  refundedAt: 'refunded_at',
  partRefund: 'part_refund',
  revokedAt: 'revoked_at',
  manageUrl: 'manage_url',
} as const;

export type TruthField = keyof typeof written;
export const truthFields = Object.keys(written) as TruthField[];
export const truthColumns: readonly string[] = Object.values(written);

export const truthValues = (truth: PurchaseTruth): unknown[] =>
  truthFields.map((field) => {
    const value = truth[field];
    return value === 'open-ended' ? 'infinity' : value;
  });

/** Each field that differs, as [before, after]. What is compared is what would be stored. */
export function differences(
  before: PurchaseTruth,
  after: PurchaseTruth,
): Record<string, readonly [unknown, unknown]> {
  const pairs = truthFields.flatMap((field) => {
    const [one, other] = [stored(before[field]), stored(after[field])];
    return one === other ? [] : [[field, [one, other]] as const];
  });
  return Object.fromEntries(pairs);
}

/** Of a purchase that nobody knew: each field that it has. */
export const firstValues = (truth: PurchaseTruth): Record<string, readonly [unknown, unknown]> =>
  Object.fromEntries(
    truthFields.flatMap((field) =>
      truth[field] === null ? [] : [[field, [null, stored(truth[field])] as const]],
    ),
  );

const stored = (value: PurchaseTruth[TruthField]): unknown =>
  value instanceof Date ? value.toISOString() : value;
