import type Stripe from 'stripe';
import type { StripeClient } from './client.ts';
import { partOf } from './money.ts';

/** What became of the money of a payment. */
export interface PaymentFacts {
  /** When the last of it went back. */
  refundedAt: Date | null;
  /** For people: what of it went back, where the rest stays. */
  partRefund: string | null;
  disputeLostAt: Date | null;
}

export function idOf(reference: string | { id?: string } | null | undefined): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null);
}

/**
 * Whose money decides: the last that was paid. One that is only drawn up, is not paid, or costs nothing within a period, such
 * as a credit, says nothing about the money before it. The subscription was asked for with its last invoice.
 */
export async function decidingInvoice(
  client: StripeClient,
  { id: subscription, latest_invoice: latest }: Stripe.Subscription,
  signal: AbortSignal,
): Promise<string | null> {
  if (latest === null) return null;
  if (typeof latest === 'object' && decides(latest)) return latest.id;
  const { data } = await client.read(
    'invoices.list',
    (stripe) => stripe.invoices.list({ subscription, status: 'paid', limit: 100 }),
    signal,
  );
  return data.find(decides)?.id ?? null;
}

/** A period's own invoice is that also where it costs nothing, as in a trial or by a credit. */
const decides = ({ status, amount_paid: paid, billing_reason: reason }: Stripe.Invoice): boolean =>
  status === 'paid' && (paid > 0 || reason !== 'subscription_update');

/** What paid an invoice; undefined where no charge did, as with a trial. */
export async function chargeOfInvoice(
  client: StripeClient,
  invoice: string | null,
  signal: AbortSignal,
): Promise<Stripe.Charge | undefined> {
  if (invoice === null) return undefined;
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
  return chargeOf(paid?.payment.payment_intent);
}

/** Of an intent that was asked for with its charge. */
export function chargeOf(
  intent: string | Stripe.PaymentIntent | null | undefined,
): Stripe.Charge | undefined {
  const charge = typeof intent === 'object' ? intent?.latest_charge : undefined;
  return typeof charge === 'object' && charge !== null ? charge : undefined;
}

export async function factsOf(
  client: StripeClient,
  charge: Stripe.Charge | undefined,
  signal: AbortSignal,
): Promise<PaymentFacts> {
  if (charge === undefined) return { refundedAt: null, partRefund: null, disputeLostAt: null };
  const { id, refunded, disputed } = charge;
  return {
    refundedAt: refunded ? await refundedAt(client, id, signal) : null,
    partRefund: refunded ? null : partRefund(charge),
    disputeLostAt: disputed ? await disputeLostAt(client, id, signal) : null,
  };
}

const partRefund = ({ amount_refunded: back, amount_captured: of, currency }: Stripe.Charge) =>
  back > 0 ? partOf(back, of, currency) : null;

/** Of several, the newest made it whole. */
async function refundedAt(
  client: StripeClient,
  charge: string,
  signal: AbortSignal,
): Promise<Date | null> {
  const { data } = await client.read(
    'refunds.list',
    (stripe) => stripe.refunds.list({ charge, limit: 100 }),
    signal,
  );
  const last = data.find(({ status }) => status !== 'failed' && status !== 'canceled');
  return last === undefined ? null : new Date(last.created * 1_000);
}

/** Stripe does not say when it was lost; since it began the money is gone. */
async function disputeLostAt(
  client: StripeClient,
  charge: string,
  signal: AbortSignal,
): Promise<Date | null> {
  const { data } = await client.read(
    'disputes.list',
    (stripe) => stripe.disputes.list({ charge, limit: 100 }),
    signal,
  );
  const lost = data.find(({ status }) => status === 'lost');
  return lost === undefined ? null : new Date(lost.created * 1_000);
}

/** What was paid by this: a subscription, or what was paid once, which is named by its payment. */
export async function purchaseOfPayment(
  client: StripeClient,
  paymentIntent: string,
  signal: AbortSignal,
): Promise<string> {
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
  for (const { invoice } of data) {
    const parent = typeof invoice === 'object' && 'parent' in invoice ? invoice.parent : null;
    const subscription = idOf(parent?.subscription_details?.subscription);
    if (subscription !== null) return subscription;
  }
  return paymentIntent;
}
