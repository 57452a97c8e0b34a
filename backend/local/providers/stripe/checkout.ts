import type { Account } from './account.ts';
import { isThere, missing, missingParam, StripeRefusal } from './answers.ts';
import type { CheckoutSession, Customer, Metadata, Price } from './objects.ts';
import type { Payments } from './payments.ts';
import type { Emit, Store } from './store.ts';

type Form = Record<string, unknown>;

/** Pages on which a customer pays: for what renews, or once. */
export interface Checkout {
  /** By the form of a request. */
  open(form: Form): CheckoutSession;
  /** What its button does. `pending`: the bank takes its time. */
  pay(session: CheckoutSession, outcome?: 'paid' | 'pending'): void;
  /** Opened and paid at once. */
  buy(
    order: { customer: Customer; price: string; metadata: Metadata },
    outcome: 'paid' | 'pending',
  ): CheckoutSession;
  /** What was pending is paid, or has failed. */
  settle(session: CheckoutSession, paid: boolean): void;
  priceOf(session: CheckoutSession): Price;
  /** Which sessions show only where they are asked to. */
  lineItems(session: CheckoutSession): object;
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const metadataOf = (value: unknown): Metadata => (value as Metadata | undefined) ?? {};

export function createCheckout(options: {
  store: Store;
  account: Account;
  payments: Payments;
  emit: Emit;
  url: string;
}): Checkout {
  const { store, account, payments, emit, url } = options;
  /** By session: what is paid for on it, and what a subscription is given of it. */
  const orders = new Map<string, { price: Price; metadata: Metadata }>();
  const orderOf = ({ id }: CheckoutSession) => {
    const order = orders.get(id);
    if (!order) throw missing('checkout.session', id);
    return order;
  };

  const checkout: Checkout = {
    open(form) {
      const customer = String(form.customer);
      if (!isThere(store.get('customer', customer))) throw missingParam('customer', customer);
      const [item] = (form.line_items as { price?: string }[] | undefined) ?? [];
      const price = store.get('price', item?.price ?? '');
      if (!price) throw missingParam('price', item?.price ?? '', 'line_items[0][price]');
      const id = store.newId('cs_test');
      const { subscription_data: forSubscription } = form as {
        subscription_data?: { metadata?: Metadata };
      };
      orders.set(id, { price, metadata: metadataOf(forSubscription?.metadata) });
      return store.add({
        id,
        object: 'checkout.session',
        created: store.now(),
        mode: modeFor(price, form.mode),
        status: 'open',
        payment_status: 'unpaid',
        customer,
        client_reference_id: textOf(form.client_reference_id),
        subscription: null,
        payment_intent: null,
        success_url: textOf(form.success_url) ?? '',
        cancel_url: textOf(form.cancel_url),
        url: `${url}/checkout/${id}`,
        metadata: metadataOf(form.metadata),
        livemode: false,
      });
    },
    pay(session, outcome = 'paid') {
      const { price, metadata } = orderOf(session);
      const customer = store.get('customer', session.customer);
      if (!customer) throw missing('customer', session.customer);
      if (session.mode === 'subscription')
        session.subscription = account.subscribe({ customer, price: price.id, metadata }).id;
      else
        session.payment_intent = payments.take({
          customer: customer.id,
          amount: price.unit_amount,
          outcome,
        }).id;
      session.status = 'complete';
      session.payment_status = outcome === 'paid' ? 'paid' : 'unpaid';
      session.url = null;
      emit('checkout.session.completed', session);
    },
    buy({ customer, price, metadata }, outcome) {
      const session = checkout.open({
        mode: 'payment',
        customer: customer.id,
        client_reference_id: metadata.user_id,
        line_items: [{ price }],
        metadata,
      });
      checkout.pay(session, outcome);
      return session;
    },
    settle(session, paid) {
      const intent = store.get('payment_intent', session.payment_intent ?? '');
      if (intent?.status !== 'processing') throw new Error('It is not pending');
      payments.settle(intent, paid);
      if (paid) session.payment_status = 'paid';
      emit(`checkout.session.async_payment_${paid ? 'succeeded' : 'failed'}`, session);
    },
    priceOf: (session) => orderOf(session).price,
    lineItems(session) {
      const { price } = orderOf(session);
      const item = {
        id: `li_${session.id.slice(-24)}`,
        object: 'item',
        amount_total: price.unit_amount,
        currency: price.currency,
        price,
        quantity: 1,
      };
      const path = `/v1/checkout/sessions/${session.id}/line_items`;
      return { object: 'list', url: path, has_more: false, data: [item] };
    },
  };
  return checkout;
}

function modeFor({ type }: Price, mode: unknown): CheckoutSession['mode'] {
  const fits = type === 'one_time' ? 'payment' : 'subscription';
  if (mode === fits) return fits;
  throw new StripeRefusal(
    400,
    mode === 'payment'
      ? 'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.'
      : 'You must provide at least one recurring price in `subscription` mode when using prices.',
    { param: 'mode' },
  );
}
