import type { PurchaseTruth } from './truth.ts';

export const purchaseStates = [
  'active',
  'cancelled',
  'grace',
  'paused',
  'on-hold',
  'refunded',
  'revoked',
  'expired',
] as const;

/**
 * - `active` paid, or bought for good
 * - `cancelled` paid, and ends with the period
 * - `grace` not paid, and usable for a while all the same
 * - `paused`, `on-hold`, `refunded`, `revoked`, `expired` not usable
 */
export type PurchaseState = (typeof purchaseStates)[number];

const over: ReadonlySet<PurchaseState> = new Set(['refunded', 'revoked', 'expired']);

/** Whether it gives nothing any more, and not only for a while. */
export const isOver = (state: PurchaseState): boolean => over.has(state);

/** What the state depends on. */
export type Timeline = Pick<
  PurchaseTruth,
  | 'kind'
  | 'periodEndsAt'
  | 'graceEndsAt'
  | 'autoRenews'
  | 'pausedUntil'
  | 'onHold'
  | 'refundedAt'
  | 'revokedAt'
>;

const granting: ReadonlySet<PurchaseState> = new Set(['active', 'cancelled', 'grace']);

/** Whether what was bought may be used in this state. */
export const grants = (state: PurchaseState): boolean => granting.has(state);

/**
 * The state at a moment. A boundary belongs to what follows it: what ends at T is over at T.
 * `leewayMs` is for the moments between the end of a period and the word that it was renewed: a subscription that renews, and
 * of which nobody said that its payment failed, stays usable for so long.
 * The start is no boundary: a provider tells of a purchase once it is made, and clocks that differ must not keep anybody from
 * what they have paid.
 */
export function stateAt(purchase: Timeline, now: Date, leewayMs = 0): PurchaseState {
  const { revokedAt, refundedAt, onHold, pausedUntil } = purchase;
  const at = now.getTime();
  const isReached = (moment: Date | null): boolean => moment !== null && at >= moment.getTime();
  if (isReached(revokedAt)) return 'revoked';
  if (isReached(refundedAt)) return 'refunded';
  if (onHold) return 'on-hold';
  if (pausedUntil === 'open-ended') return 'paused';
  if (pausedUntil !== null && at < pausedUntil.getTime()) return 'paused';
  return stateOfPeriod(purchase, at, leewayMs);
}

function stateOfPeriod(purchase: Timeline, at: number, leewayMs: number): PurchaseState {
  const { graceEndsAt } = purchase;
  const end = purchase.periodEndsAt?.getTime() ?? null;
  if (graceEndsAt !== null) {
    const graceEnd = graceEndsAt.getTime();
    if (end !== null && at < end && end < graceEnd) return paid(purchase);
    return at < graceEnd ? 'grace' : 'expired';
  }
  if (end === null || at < end + (renews(purchase) ? leewayMs : 0)) return paid(purchase);
  return 'expired';
}

const paid = (purchase: Timeline): PurchaseState =>
  purchase.kind === 'one-time' || purchase.periodEndsAt === null || purchase.autoRenews
    ? 'active'
    : 'cancelled';

export const renews = ({ kind, autoRenews }: Pick<Timeline, 'kind' | 'autoRenews'>): boolean =>
  kind === 'subscription' && autoRenews;

/** The next moment at which the state is another one by time alone; null where it stays. */
export const nextChangeAfter = (purchase: Timeline, now: Date, leewayMs = 0): Date | null =>
  firstBoundary(purchase, now, leewayMs, (state, before) => state !== before);

/** When it cannot be used any more unless something happens; null where nothing ends that, or it cannot be used now. */
export const accessEndsAt = (purchase: Timeline, now: Date, leewayMs = 0): Date | null =>
  grants(stateAt(purchase, now, leewayMs))
    ? firstBoundary(purchase, now, leewayMs, (state) => !grants(state))
    : null;

function firstBoundary(
  purchase: Timeline,
  now: Date,
  leewayMs: number,
  isIt: (state: PurchaseState, present: PurchaseState) => boolean,
): Date | null {
  const present = stateAt(purchase, now, leewayMs);
  const { periodEndsAt, graceEndsAt, pausedUntil, refundedAt, revokedAt } = purchase;
  const moments = [
    periodEndsAt,
    periodEndsAt && new Date(periodEndsAt.getTime() + leewayMs),
    graceEndsAt,
    pausedUntil === 'open-ended' ? null : pausedUntil,
    refundedAt,
    revokedAt,
  ];
  const ahead = moments.filter((moment) => moment !== null && moment > now) as Date[];
  ahead.sort((one, other) => one.getTime() - other.getTime());
  return ahead.find((moment) => isIt(stateAt(purchase, moment, leewayMs), present)) ?? null;
}
