import type Stripe from 'stripe';
import type { PurchaseTruth } from '../truth.ts';
import type { PaymentFacts } from './payments.ts';

const date = (seconds: number): Date => new Date(seconds * 1_000);
const dateOrNull = (seconds: number | null | undefined): Date | null =>
  seconds === null || seconds === undefined ? null : date(seconds);

/** What is due and not paid, by the name that Stripe has for it. */
const outstanding = new Set<Stripe.Subscription.Status>(['unpaid', 'incomplete', 'paused']);

/** A subscription of Stripe in the words of all providers. */
export function subscriptionTruth(
  subscription: Stripe.Subscription,
  payment: PaymentFacts,
  { observedAt, graceMs }: { observedAt: Date; graceMs: number },
): PurchaseTruth {
  const [item] = subscription.items.data;
  if (item === undefined) throw new Error(`The subscription ${subscription.id} has no item`);
  const ended = subscription.ended_at;
  const isOver = subscription.status === 'canceled' || subscription.status === 'incomplete_expired';
  const { pause_collection: pause } = subscription;
  return {
    provider: 'stripe',
    key: subscription.id,
    userId: subscription.metadata.user_id ?? null,
    productId: item.price.id,
    kind: 'subscription',
    environment: subscription.livemode ? 'production' : 'sandbox',
    startedAt: date(subscription.start_date),
    periodEndsAt: isOver ? date(ended ?? item.current_period_end) : date(item.current_period_end),
    // Stripe moves the period on before it is paid: what was not paid is grace from its first moment.
    graceEndsAt:
      subscription.status === 'past_due'
        ? new Date(item.current_period_start * 1_000 + graceMs)
        : null,
    autoRenews: !isOver && !subscription.cancel_at_period_end && subscription.cancel_at === null,
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

/** What was paid once. The session was asked for with its items and its intent. */
export function paymentTruth(
  key: string,
  about: {
    session: Stripe.Checkout.Session;
    charge: Stripe.Charge | undefined;
    payment: PaymentFacts;
    observedAt: Date;
  },
): PurchaseTruth {
  const { session, charge, payment, observedAt } = about;
  const productId = session.line_items?.data[0]?.price?.id;
  if (productId === undefined) throw new Error(`The payment ${key} is for no price`);
  const isUnpaid = session.payment_status === 'unpaid';
  const hasFailed = isUnpaid && hasGivenUp(session.payment_intent);
  const startedAt = date(charge?.created ?? session.created);
  return {
    provider: 'stripe',
    key,
    userId: session.metadata?.user_id ?? null,
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
