import type {
  Charge,
  CheckoutSession,
  Customer,
  Invoice,
  InvoicePayment,
  Metadata,
  Subscription,
} from './objects.ts';
import type { Payments } from './payments.ts';
import { periodSeconds, prices, type Emit, type Store } from './store.ts';

const retryAfterSeconds = 3 * 86_400;
const livemode = false;

/** What happens to the account's customers, each with the events that Stripe sends for it. */
export interface Account {
  createCustomer(email: string | null, metadata: Metadata): Customer;
  subscribe(options: {
    customer: Customer;
    price: string;
    metadata: Metadata;
    /** Otherwise that of the price. */
    periodSeconds?: number | undefined;
  }): Subscription;
  /** The next period, paid or not. */
  renew(subscription: Subscription, paid: boolean): void;
  /** The open invoice is paid after all. */
  recover(subscription: Subscription): void;
  update(subscription: Subscription, changes: Partial<Subscription>): void;
  upgrade(subscription: Subscription, price: string): void;
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

  function charge(subscription: Subscription, paid: boolean): Invoice {
    const [item] = subscription.items.data;
    const { customer } = subscription;
    const [created, amount] = [store.now(), item.price.unit_amount];
    const intent = payments.take({ customer, amount, outcome: paid ? 'paid' : 'failed' });
    const invoice: Invoice = store.add({
      id: store.newId('in'),
      object: 'invoice',
      created,
      customer,
      status: paid ? 'paid' : 'open',
      amount_due: amount,
      next_payment_attempt: paid ? null : created + retryAfterSeconds,
      parent: {
        type: 'subscription_details',
        subscription_details: { subscription: subscription.id, metadata: subscription.metadata },
      },
      livemode,
    });
    store.add({
      id: store.newId('inpay'),
      object: 'invoice_payment',
      created,
      invoice: invoice.id,
      status: paid ? 'paid' : 'open',
      payment: { type: 'payment_intent', payment_intent: intent.id },
      livemode,
    });
    subscription.latest_invoice = invoice.id;
    emit(paid ? 'invoice.paid' : 'invoice.payment_failed', invoice);
    return invoice;
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
    subscribe({ customer, price, metadata, periodSeconds: seconds }) {
      const created = store.now();
      const sold = recurringPrice(price);
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
          data: [
            {
              id: store.newId('si'),
              object: 'subscription_item',
              price: sold.price,
              quantity: 1,
              current_period_start: created,
              current_period_end: created + (seconds ?? sold.seconds),
            },
          ],
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
      charge(subscription, true);
      return subscription;
    },
    renew(subscription, paid) {
      const [item] = subscription.items.data;
      const length = item.current_period_end - item.current_period_start;
      item.current_period_start = item.current_period_end;
      item.current_period_end += length;
      charge(subscription, paid);
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
      Object.assign(invoice, { status: 'paid', next_payment_attempt: null });
      emit('invoice.paid', invoice);
      change(subscription, { status: 'active' }, 'customer.subscription.updated');
    },
    update(subscription, changes) {
      change(subscription, changes, 'customer.subscription.updated');
    },
    upgrade(subscription, price) {
      const [item] = subscription.items.data;
      const items = {
        ...subscription.items,
        data: [{ ...item, price: recurringPrice(price).price }] as [typeof item],
      };
      change(subscription, { items }, 'customer.subscription.updated');
      charge(subscription, true);
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
        while (subscription.ended_at === null && item.current_period_end <= store.now()) {
          if (subscription.cancel_at_period_end) account.end(subscription);
          else account.renew(subscription, true);
        }
      }
    },
  };
  return account;
}
