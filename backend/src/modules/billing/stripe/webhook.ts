import Stripe from 'stripe';
import {
  signatureRefused,
  type VerifiedEvent,
  type Webhook,
  type WebhookInput,
} from '../../../kernel/webhooks/index.ts';
import type { StripeClient, StripeOn } from './client.ts';
import { idOf, purchaseOfPayment } from './payments.ts';

/** Of the time that a signature names, into the past and into the future. */
const toleranceSeconds = 300;

const byteOrderMark = Buffer.from('\ufeff');

/** What is kept of an event: by what its purchase is found. */
export interface StripeReference {
  subscription: string | null;
  customer: string | null;
  paymentIntent: string | null;
}

/** Types that may have changed what a user may use. Each is a reason to ask Stripe what is true now. */
const followed = [
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.resumed',
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'charge.refunded',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
] as const;

/** `settle` brings our record of a purchase to what Stripe says, and ends the event with it. */
export function stripeWebhook(
  settings: StripeOn,
  client: StripeClient,
  settle: (key: string, input: WebhookInput) => Promise<void>,
): Webhook {
  async function follow(input: WebhookInput): Promise<void> {
    const { subscription, paymentIntent } = input.event.kept as StripeReference;
    const key =
      subscription ??
      (paymentIntent && (await purchaseOfPayment(client, paymentIntent, input.signal)));
    if (key !== null) await settle(key, input);
  }

  return {
    provider: 'stripe',
    summary: 'Events of Stripe',
    verify: ({ body, headers }) => verifiedEvent(settings, body, headers['stripe-signature']),
    handlers: Object.fromEntries(followed.map((type) => [type, follow])),
  };
}

/** By any of the secrets; the library itself takes a time in the future, however far. */
export function verifiedEvent(
  { webhookSecrets, livemode }: Pick<StripeOn, 'webhookSecrets' | 'livemode'>,
  body: Buffer,
  signature: string | undefined,
): VerifiedEvent {
  if (signature === undefined || signature === '') throw signatureRefused('no signature');
  // The library drops it before it checks, and it was not signed.
  if (body.subarray(0, 3).equals(byteOrderMark)) throw signatureRefused('a byte order mark');
  const at = Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(signature)?.[1] ?? Number.NaN);
  if (!(at <= Date.now() / 1_000 + toleranceSeconds)) throw signatureRefused('not signed now');
  const event = constructed(webhookSecrets, body, signature);
  if (event.livemode !== livemode) throw signatureRefused('of the other mode, test or live');
  if (event.account !== undefined) throw signatureRefused('of a connected account');
  return {
    id: event.id,
    type: event.type,
    occurredAt: new Date(event.created * 1_000),
    kept: referenceOf(event),
  };
}

function constructed(secrets: readonly string[], body: Buffer, signature: string): Stripe.Event {
  for (const secret of secrets) {
    try {
      return Stripe.webhooks.constructEvent(body, signature, secret, toleranceSeconds);
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError))
        throw signatureRefused('signed, and no event');
    }
  }
  throw signatureRefused('no secret of ours, or too old');
}

interface Loose {
  id?: string;
  object?: string;
  subscription?: string | { id?: string } | null;
  customer?: string | { id?: string } | null;
  payment_intent?: string | { id?: string } | null;
  parent?: { subscription_details?: { subscription?: string | { id?: string } } | null } | null;
}

/** Endpoints are sent the API version that they were made with: where a member lies differs, what it means does not. */
function referenceOf(event: Stripe.Event): StripeReference {
  const object = event.data.object as Loose;
  const subscription =
    object.object === 'subscription'
      ? (object.id ?? null)
      : (idOf(object.subscription) ?? idOf(object.parent?.subscription_details?.subscription));
  return {
    subscription,
    customer: idOf(object.customer),
    paymentIntent: idOf(object.payment_intent),
  };
}
