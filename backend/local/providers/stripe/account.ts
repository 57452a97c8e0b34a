import type {
  Charge,
  CheckoutSession,
  Customer,
  Invoice,
  InvoicePayment,
  Metadata,
  Subscription,
  SubscriptionItem,
} from './objects.ts';
import type { Payments } from './payments.ts';
import { periodSeconds, prices, type Emit, type Store } from './store.ts';

const retryAfterSeconds = 3 * 86_400;
const livemode = false;

/** What happens to the account's customers, each with the events that Stripe sends for it. */
export interface Account {
  createCustomer(email: string | null, metadata: Metadata): Customer;
  /** Its subscriptions end with it. */
  deleteCustomer(customer: Customer): Customer;
  subscribe(options: {
    customer: Customer;
    price: string;
    metadata: Metadata;
    /** Otherwise that of the price. */
    periodSeconds?: number | undefined;
    /** Another price in the same subscription. */
    besides?: string | undefined;
    /** It began so long ago. */
    agoSeconds?: number | undefined;
  }): Subscription;
  /** The next period, paid or not. `dueSeconds`: the invoice was sent, and was due so long after the period's start. */
  renew(subscription: Subscription, paid: boolean, dueSeconds?: number): void;
  /** The open invoice is paid after all. */
  recover(subscription: Subscription): void;
  update(subscription: Subscription, changes: Partial<Subscription>): void;
  /** `paid`: whether the invoice for it was. */
  upgrade(subscription: Subscription, price: string, paid: boolean): void;
  /** Without a charge: a credit within the period, or what is drawn up for the next one. */
  invoice(subscription: Subscription, status: 'paid' | 'draft'): void;
  end(subscription: Subscription): void;
  /** What was paid last for a subscription, or on a session. */
  chargeOf(purchase: Subscription | CheckoutSession): Charge;
  /** The clock goes on; what falls due on the way happens. */
  advance(seconds: number): void;
}

export function createAccount(store: Store, payments: Payments, emit: Emit): Account {
  const recurringPrice = (id: string) => {
    const found = prices.find((each) => each.id === id);
    if (!found) throw new Error(`No such price: '${id}'`);
    if (found.recurring === null) throw new Error(`${id} is paid once`);
    return { price: found, seconds: periodSeconds[found.recurring.interval] };
  };

  function addInvoice(
    subscription: Subscription,
    about: Pick<Invoice, 'status' | 'billing_reason' | 'amount_due' | 'due_date'>,
    created = store.now(),
  ): Invoice {
    const invoice: Invoice = store.add({
      ...about,
      id: store.newId('in'),
      object: 'invoice',
      created,
      customer: subscription.customer,
      amount_paid: about.status === 'paid' ? about.amount_due : 0,
      next_payment_attempt: about.status === 'open' ? created + retryAfterSeconds : null,
      parent: {
        type: 'subscription_details',
        subscription_details: { subscription: subscription.id, metadata: subscription.metadata },
      },
      livemode,
    });
    subscription.latest_invoice = invoice.id;
    return invoice;
  }

  function charge(
    subscription: Subscription,
    reason: Invoice['billing_reason'],
    paid: boolean,
    dueSeconds?: number,
  ): void {
    const { customer, items } = subscription;
    const [{ current_period_start: period }] = items.data;
    // That of a renewal is as old as its period.
    const created = reason === 'subscription_cycle' ? Math.min(store.now(), period) : store.now();
    const amount = items.data.reduce((sum, { price }) => sum + price.unit_amount, 0);
    const intent = payments.take({ customer, amount, outcome: paid ? 'paid' : 'failed' });
    const status = paid ? 'paid' : 'open';
    const due_date = dueSeconds === undefined ? null : period + dueSeconds;
    const about = { status, billing_reason: reason, amount_due: amount, due_date } as const;
    const invoice = addInvoice(subscription, about, created);
    store.add({
      id: store.newId('inpay'),
      object: 'invoice_payment',
      created,
      invoice: invoice.id,
      status,
      payment: { type: 'payment_intent', payment_intent: intent.id },
      livemode,
    });
    emit(paid ? 'invoice.paid' : 'invoice.payment_failed', invoice);
  }

  const paymentOf = ({ latest_invoice: latest }: Subscription): InvoicePayment | undefined =>
    store.list('invoice_payment').find(({ invoice }) => invoice === latest);

  function change(subscription: Subscription, changes: Partial<Subscription>, type: string): void {
    const previous = Object.fromEntries(
      Object.keys(changes).map((name) => [name, subscription[name as keyof Subscription]]),
    );
    Object.assign(subscription, changes);
    emit(type, subscription, previous);
  }

  const account: Account = {
    createCustomer(email, metadata) {
      const id = store.newId('cus');
      const created = store.now();
      const customer = store.add({ id, object: 'customer', created, email, metadata, livemode });
      emit('customer.created', customer);
      return customer;
    },
    deleteCustomer(customer) {
      for (const each of store.list('subscription'))
        if (each.customer === customer.id && each.ended_at === null) account.end(each);
      customer.deleted = true;
      emit('customer.deleted', customer);
      return customer;
    },
    subscribe({ customer, price, metadata, periodSeconds: seconds, besides, agoSeconds = 0 }) {
      const created = store.now() - agoSeconds;
      const item = (name: string): SubscriptionItem => {
        const sold = recurringPrice(name);
        return {
          id: store.newId('si'),
          object: 'subscription_item',
          price: sold.price,
          quantity: 1,
          current_period_start: created,
          current_period_end: created + (seconds ?? sold.seconds),
        };
      };
      const subscription: Subscription = store.add({
        id: store.newId('sub'),
        object: 'subscription',
        created,
        start_date: created,
        customer: customer.id,
        status: 'active',
        items: {
          object: 'list',
          has_more: false,
          data: [item(price), ...(besides === undefined ? [] : [item(besides)])],
        },
        cancel_at_period_end: false,
        cancel_at: null,
        canceled_at: null,
        ended_at: null,
        pause_collection: null,
        latest_invoice: null,
        trial_end: null,
        metadata,
        livemode,
      });
      emit('customer.subscription.created', subscription);
      charge(subscription, 'subscription_create', true);
      return subscription;
    },
    renew(subscription, paid, dueSeconds) {
      for (const item of subscription.items.data) {
        const length = item.current_period_end - item.current_period_start;
        item.current_period_start = item.current_period_end;
        item.current_period_end += length;
      }
      charge(subscription, 'subscription_cycle', paid, dueSeconds);
      const status = paid ? 'active' : 'past_due';
      change(subscription, { status }, 'customer.subscription.updated');
    },
    recover(subscription) {
      const invoice = store.get('invoice', subscription.latest_invoice ?? '');
      if (invoice?.status !== 'open') throw new Error('It has no open invoice');
      const payment = paymentOf(subscription);
      const intent = store.get('payment_intent', payment?.payment.payment_intent ?? '');
      if (!payment || !intent) throw new Error('Nothing was charged for it');
      payments.settle(intent, true);
      payment.status = 'paid';
      const { amount_due: due } = invoice;
      Object.assign(invoice, { status: 'paid', amount_paid: due, next_payment_attempt: null });
      emit('invoice.paid', invoice);
      change(subscription, { status: 'active' }, 'customer.subscription.updated');
    },
    update(subscription, changes) {
      change(subscription, changes, 'customer.subscription.updated');
    },
    upgrade(subscription, price, paid) {
      const [item, ...others] = subscription.items.data;
      const { price: next } = recurringPrice(price);
      const data: typeof subscription.items.data = [{ ...item, price: next }, ...others];
      const items = { ...subscription.items, data };
      change(subscription, { items }, 'customer.subscription.updated');
      charge(subscription, 'subscription_update', paid);
      if (!paid) change(subscription, { status: 'past_due' }, 'customer.subscription.updated');
    },
    invoice(subscription, status) {
      const isCredit = status === 'paid';
      const reason = isCredit ? 'subscription_update' : 'subscription_cycle';
      const about = { status, billing_reason: reason, amount_due: 0, due_date: null } as const;
      const invoice = addInvoice(subscription, about);
      emit(isCredit ? 'invoice.paid' : 'invoice.created', invoice);
      change(subscription, {}, 'customer.subscription.updated');
    },
    end(subscription) {
      const at = store.now();
      const canceled = { canceled_at: subscription.canceled_at ?? at, ended_at: at };
      change(subscription, { status: 'canceled', ...canceled }, 'customer.subscription.deleted');
    },
    chargeOf: (purchase) =>
      payments.chargeOf(
        purchase.object === 'subscription'
          ? paymentOf(purchase)?.payment.payment_intent
          : purchase.payment_intent,
      ),
    advance(seconds) {
      store.advance(seconds);
      for (const subscription of store.list('subscription')) {
        if (subscription.status !== 'active' && subscription.status !== 'past_due') continue;
        const [item] = subscription.items.data;
        const endsAt = () => Math.min(item.current_period_end, subscription.cancel_at ?? Infinity);
        while (subscription.ended_at === null && endsAt() <= store.now()) {
          if (subscription.cancel_at_period_end || endsAt() === subscription.cancel_at)
            account.end(subscription);
          else account.renew(subscription, true);
        }
      }
    },
  };
  return account;
}
