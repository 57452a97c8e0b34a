import type Stripe from 'stripe';
import type { PurchaseTruth } from '../truth.ts';
import type { PaymentFacts } from './payments.ts';

const date = (seconds: number): Date => new Date(seconds * 1_000);
const dateOrNull = (seconds: number | null | undefined): Date | null =>
  seconds === null || seconds === undefined ? null : date(seconds);

/** What is due and not paid, by the name that Stripe has for it. */
const outstanding = new Set<Stripe.Subscription.Status>(['unpaid', 'incomplete', 'paused']);

/** What is known of a purchase beside Stripe's object of it. */
export interface About {
  userId: string | null;
  /** Whether a price is in the table of products. */
  isSold: (price: string) => boolean;
  payment: PaymentFacts;
  observedAt: Date;
}

/** Of several the one that gives something: what is sold beside it, such as support, gives nothing here. */
const soldOf = <T>(
  items: readonly T[],
  priceOf: (item: T) => string | undefined,
  isSold: (price: string) => boolean,
): T | undefined => items.find((item) => isSold(priceOf(item) ?? '')) ?? items[0];

/** A subscription of Stripe in the words of all providers. It was asked for with its last invoice. */
export function subscriptionTruth(
  subscription: Stripe.Subscription,
  { userId, isSold, payment, observedAt }: About,
  graceMs: number,
): PurchaseTruth {
  const item = soldOf(subscription.items.data, ({ price }) => price.id, isSold);
  if (item === undefined) throw new Error(`The subscription ${subscription.id} has no item`);
  const { ended_at: ended, cancel_at: cancelAt, pause_collection: pause } = subscription;
  const isOver = subscription.status === 'canceled' || subscription.status === 'incomplete_expired';
  const ends = Math.min(item.current_period_end, cancelAt ?? Infinity);
  // May lie periods ahead, and it renews until then.
  const isLast = subscription.cancel_at_period_end || cancelAt === ends;
  return {
    provider: 'stripe',
    key: subscription.id,
    userId,
    productId: item.price.id,
    kind: 'subscription',
    environment: subscription.livemode ? 'production' : 'sandbox',
    startedAt: date(subscription.start_date),
    periodEndsAt: date(isOver ? (ended ?? ends) : ends),
    graceEndsAt:
      subscription.status === 'past_due'
        ? new Date(unpaidSince(item, subscription.latest_invoice) * 1_000 + graceMs)
        : null,
    autoRenews: !isOver && !isLast,
    pausedUntil: pause === null ? null : (dateOrNull(pause.resumes_at) ?? 'open-ended'),
    onHold: outstanding.has(subscription.status),
    refundedAt: payment.refundedAt,
    partRefund: payment.partRefund,
    revokedAt: payment.disputeLostAt,
    manageUrl: null,
    observedAt,
    version: null,
  };
}

/**
 * Stripe moves the period on before it is paid: what was not paid is grace from its first moment. An invoice within the
 * period, such as one for an upgrade, or one that is sent and may be paid later, takes nothing of what was before it.
 */
function unpaidSince(
  { current_period_start: period }: Stripe.SubscriptionItem,
  invoice: Stripe.Subscription['latest_invoice'],
): number {
  if (typeof invoice !== 'object' || invoice === null) return period;
  return Math.max(period, invoice.due_date ?? invoice.created);
}

/** What was paid once. The session was asked for with its items and its intent. */
export function paymentTruth(
  key: string,
  { session, charge }: { session: Stripe.Checkout.Session; charge: Stripe.Charge | undefined },
  { userId, isSold, payment, observedAt }: About,
): PurchaseTruth {
  const item = soldOf(session.line_items?.data ?? [], ({ price }) => price?.id, isSold);
  const productId = item?.price?.id;
  if (productId === undefined) throw new Error(`The payment ${key} is for no price`);
  const isUnpaid = session.payment_status === 'unpaid';
  const hasFailed = isUnpaid && hasGivenUp(session.payment_intent);
  const startedAt = date(charge?.created ?? session.created);
  return {
    provider: 'stripe',
    key,
    userId,
    productId,
    kind: 'one-time',
    environment: session.livemode ? 'production' : 'sandbox',
    startedAt,
    // Nothing was ever paid, so nothing was ever given.
    periodEndsAt: hasFailed ? startedAt : null,
    graceEndsAt: null,
    autoRenews: false,
    pausedUntil: null,
    onHold: isUnpaid && !hasFailed,
    refundedAt: payment.refundedAt,
    partRefund: payment.partRefund,
    revokedAt: payment.disputeLostAt,
    manageUrl: null,
    observedAt,
    version: null,
  };
}

/** Once its page is done nobody tries another card. */
const hasGivenUp = (intent: Stripe.Checkout.Session['payment_intent']): boolean =>
  typeof intent === 'object' &&
  (intent?.status === 'requires_payment_method' || intent?.status === 'canceled');
