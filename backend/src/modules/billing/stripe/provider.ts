import type Stripe from 'stripe';
import { AppError } from '../../../kernel/errors/index.ts';
import { upstreamStatus } from '../../../kernel/resilience/index.ts';
import type { BillingProvider } from '../provider.ts';
import type { StripeClient } from './client.ts';
import { truthOf, type PaymentFacts } from './truth.ts';

const subscriptionKey = /^sub_\w{1,250}$/;

/** Stripe, asked for the present state: what an event says is not believed. */
export function stripeProvider(client: StripeClient, graceMs: number): BillingProvider {
  /** The money of an invoice; nothing where it was not paid by a charge, as with a trial. */
  async function paymentOf(invoice: string | null, signal: AbortSignal): Promise<PaymentFacts> {
    const charge = invoice === null ? undefined : await chargeOf(client, invoice, signal);
    if (charge === undefined) return { refundedAt: null, disputeLostAt: null };
    return {
      refundedAt: charge.refunded ? await refundedAt(charge.id, signal) : null,
      disputeLostAt: charge.disputed ? await disputeLostAt(charge.id, signal) : null,
    };
  }

  async function refundedAt(charge: string, signal: AbortSignal): Promise<Date | null> {
    const { data } = await client.read(
      'refunds.list',
      (stripe) => stripe.refunds.list({ charge, limit: 1 }),
      signal,
    );
    return data[0] === undefined ? null : new Date(data[0].created * 1_000);
  }

  /** Stripe does not say when it was lost; since it began the money is gone. */
  async function disputeLostAt(charge: string, signal: AbortSignal): Promise<Date | null> {
    const { data } = await client.read(
      'disputes.list',
      (stripe) => stripe.disputes.list({ charge, limit: 1 }),
      signal,
    );
    return data[0]?.status === 'lost' ? new Date(data[0].created * 1_000) : null;
  }

  return {
    name: 'stripe',
    async fetch(key, signal) {
      if (!subscriptionKey.test(key)) return undefined;
      const observedAt = new Date();
      let subscription: Stripe.Subscription;
      try {
        subscription = await client.read(
          'subscriptions.retrieve',
          (stripe) => stripe.subscriptions.retrieve(key),
          signal,
        );
      } catch (error) {
        if (AppError.is(error) && upstreamStatus(error) === 404) return undefined;
        throw error;
      }
      const payment = await paymentOf(idOf(subscription.latest_invoice), signal);
      return truthOf(subscription, payment, { observedAt, graceMs });
    },
    async discover(customer, signal) {
      const keys: string[] = [];
      let after: string | undefined;
      do {
        const page = { customer, status: 'all', limit: 100 } as const;
        const from = after === undefined ? {} : { starting_after: after };
        const { data, has_more: goesOn } = await client.read(
          'subscriptions.list',
          (stripe) => stripe.subscriptions.list({ ...page, ...from }),
          signal,
        );
        keys.push(...data.map(({ id }) => id));
        after = goesOn ? data.at(-1)?.id : undefined;
      } while (after !== undefined);
      return keys;
    },
  };
}

export function idOf(reference: string | { id?: string } | null | undefined): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null);
}

async function chargeOf(
  client: StripeClient,
  invoice: string,
  signal: AbortSignal,
): Promise<Stripe.Charge | undefined> {
  const { data } = await client.read(
    'invoicePayments.list',
    (stripe) =>
      stripe.invoicePayments.list({
        invoice,
        limit: 10,
        expand: ['data.payment.payment_intent.latest_charge'],
      }),
    signal,
  );
  const paid = data.find(({ status }) => status === 'paid');
  const intent = paid?.payment.payment_intent;
  const charge = typeof intent === 'object' ? intent.latest_charge : undefined;
  return typeof charge === 'object' && charge !== null ? charge : undefined;
}

/** The subscriptions that a payment belongs to; for charges and disputes, which name neither invoice nor subscription. */
export async function subscriptionsOfPayment(
  client: StripeClient,
  paymentIntent: string,
  signal: AbortSignal,
): Promise<string[]> {
  const { data } = await client.read(
    'invoicePayments.list',
    (stripe) =>
      stripe.invoicePayments.list({
        payment: { type: 'payment_intent', payment_intent: paymentIntent },
        limit: 10,
        expand: ['data.invoice'],
      }),
    signal,
  );
  return data.flatMap(({ invoice }) => {
    const parent = typeof invoice === 'object' && 'parent' in invoice ? invoice.parent : null;
    return idOf(parent?.subscription_details?.subscription) ?? [];
  });
}
