import type Stripe from 'stripe';
import type { PurchaseTruth } from '../truth.ts';

/** What became of the money of the last invoice. */
export interface PaymentFacts {
  refundedAt: Date | null;
  disputeLostAt: Date | null;
}

const date = (seconds: number): Date => new Date(seconds * 1_000);
const dateOrNull = (seconds: number | null | undefined): Date | null =>
  seconds === null || seconds === undefined ? null : date(seconds);

/** What is due and not paid, by the name that Stripe has for it. */
const outstanding = new Set<Stripe.Subscription.Status>(['unpaid', 'incomplete', 'paused']);

/** A subscription of Stripe in the words of all providers. */
export function truthOf(
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
    revokedAt: payment.disputeLostAt,
    manageUrl: null,
    observedAt,
    version: null,
  };
}
