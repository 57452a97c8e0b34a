import type Stripe from 'stripe';
import { AppError } from '../../../kernel/errors/index.ts';
import { upstreamStatus } from '../../../kernel/resilience/index.ts';
import type { Clock } from '../clock.ts';
import type { Products } from '../products.ts';
import type { BillingProvider } from '../provider.ts';
import type { StripeClient } from './client.ts';
import type { CustomerRepository } from './customers-repository.ts';
import { chargeOf, chargeOfInvoice, decidingInvoice, factsOf, idOf } from './payments.ts';
import { paymentTruth, subscriptionTruth } from './truth.ts';

const subscriptionKey = /^sub_\w{1,250}$/;
/** The id of a session would name it, too, but it looks like a key of Stripe's and is scrubbed from what is stored. */
const intentKey = /^pi_\w{1,250}$/;

type Bought = Pick<Stripe.Subscription | Stripe.Checkout.Session, 'metadata' | 'customer'>;

/** Stripe, asked for the present state: what an event says is not believed. */
export function stripeProvider(options: {
  client: StripeClient;
  customers: Pick<CustomerRepository, 'userOf'>;
  products: Products;
  graceMs: number;
  clock: Clock;
}): BillingProvider {
  const { client, customers, products, graceMs, clock } = options;
  const isSold = (price: string) => products.sold('stripe', price) !== undefined;

  /** What was made in the Dashboard, by a quote or a payment link does not say whose it is: its customer does. */
  async function userOf({ metadata, customer }: Bought): Promise<string | null> {
    if (metadata?.user_id) return metadata.user_id;
    const id = idOf(customer);
    return id === null ? null : customers.userOf(id);
  }

  async function subscribed(key: string, signal: AbortSignal) {
    const observedAt = await clock();
    const subscription = await found(
      client.read(
        'subscriptions.retrieve',
        (stripe) => stripe.subscriptions.retrieve(key, { expand: ['latest_invoice'] }),
        signal,
      ),
    );
    if (subscription === undefined) return undefined;
    const invoice = await decidingInvoice(client, subscription, signal);
    const charge = await chargeOfInvoice(client, invoice, signal);
    const payment = await factsOf(client, charge, signal);
    const userId = await userOf(subscription);
    return subscriptionTruth(subscription, { userId, isSold, payment, observedAt }, graceMs);
  }

  async function paidOnce(key: string, signal: AbortSignal) {
    const observedAt = await clock();
    const asked = {
      payment_intent: key,
      limit: 1,
      expand: ['data.line_items', 'data.payment_intent.latest_charge'],
    };
    const sessions = await found(
      client.read(
        'checkout.sessions.list',
        (stripe) => stripe.checkout.sessions.list(asked),
        signal,
      ),
    );
    const session = sessions?.data[0];
    // Not of a payment by other ways than Checkout, and not of a page that is still open.
    if (session?.mode !== 'payment' || session.status !== 'complete') return undefined;
    const charge = chargeOf(session.payment_intent);
    const payment = await factsOf(client, charge, signal);
    const userId = await userOf(session);
    return paymentTruth(key, { session, charge }, { userId, isSold, payment, observedAt });
  }

  return {
    name: 'stripe',
    async fetch(key, signal) {
      if (subscriptionKey.test(key)) return subscribed(key, signal);
      return intentKey.test(key) ? paidOnce(key, signal) : undefined;
    },
    async discover(customer, signal) {
      const subscriptions = await everyPage((page) =>
        client.read(
          'subscriptions.list',
          (stripe) => stripe.subscriptions.list({ customer, status: 'all', ...page }),
          signal,
        ),
      );
      const sessions = await everyPage((page) =>
        client.read(
          'checkout.sessions.list',
          (stripe) => stripe.checkout.sessions.list({ customer, status: 'complete', ...page }),
          signal,
        ),
      );
      const once = sessions.flatMap(({ mode, payment_intent: intent }) =>
        mode === 'payment' ? (idOf(intent) ?? []) : [],
      );
      return [...subscriptions.map(({ id }) => id), ...once];
    },
  };
}

/** Undefined where Stripe does not know it. */
async function found<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (AppError.is(error) && upstreamStatus(error) === 404) return undefined;
    throw error;
  }
}

async function everyPage<T extends { id: string }>(
  list: (page: {
    limit: number;
    starting_after?: string;
  }) => Promise<{ data: T[]; has_more: boolean }>,
): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const after = all.at(-1)?.id;
    const { data, has_more: goesOn } = await list({
      limit: 100,
      ...(after === undefined ? {} : { starting_after: after }),
    });
    all.push(...data);
    if (!goesOn || data.length === 0) return all;
  }
}
