import type {
  Charge,
  Customer,
  Dispute,
  Invoice,
  Metadata,
  StripeObject,
  Subscription,
} from './objects.ts';
import { periodSeconds, prices, type Store } from './store.ts';

/** How an event gets out. */
export type Emit = (type: string, object: StripeObject, previous?: Record<string, unknown>) => void;

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
  refund(subscription: Subscription, amount?: number): void;
  dispute(subscription: Subscription, status: 'needs_response' | 'won' | 'lost'): void;
  /** The clock goes on; what falls due on the way happens. */
  advance(seconds: number): void;
}

export function createAccount(store: Store, emit: Emit): Account {
  const priceOf = (id: string) => {
    const found = prices.find((each) => each.id === id);
    if (!found) throw new Error(`No such price: '${id}'`);
    return found;
  };

  function charge(subscription: Subscription, paid: boolean): Invoice {
    const [item] = subscription.items.data;
    const { customer } = subscription;
    const [created, amount] = [store.now(), item.price.unit_amount];
    const ids = {
      invoice: store.newId('in'),
      intent: store.newId('pi'),
      charge: store.newId('ch'),
    };
    const common = { created, customer, livemode } as const;
    const made: Charge = store.add({
      ...common,
      id: ids.charge,
      object: 'charge',
      amount,
      amount_refunded: 0,
      refunded: false,
      disputed: false,
      paid,
      payment_intent: ids.intent,
    });
    const intent = store.add({
      ...common,
      id: ids.intent,
      object: 'payment_intent',
      amount,
      status: paid ? 'succeeded' : 'requires_payment_method',
      latest_charge: ids.charge,
    } as const);
    const invoice: Invoice = store.add({
      ...common,
      id: ids.invoice,
      object: 'invoice',
      status: paid ? 'paid' : 'open',
      amount_due: amount,
      next_payment_attempt: paid ? null : created + retryAfterSeconds,
      parent: {
        type: 'subscription_details',
        subscription_details: { subscription: subscription.id, metadata: subscription.metadata },
      },
    });
    store.add({
      id: store.newId('inpay'),
      object: 'invoice_payment',
      created,
      invoice: ids.invoice,
      status: paid ? 'paid' : 'open',
      payment: { type: 'payment_intent', payment_intent: ids.intent },
      livemode,
    });
    subscription.latest_invoice = ids.invoice;
    emit(paid ? 'charge.succeeded' : 'charge.failed', made);
    emit(paid ? 'payment_intent.succeeded' : 'payment_intent.payment_failed', intent);
    emit(paid ? 'invoice.paid' : 'invoice.payment_failed', invoice);
    return invoice;
  }

  function latestCharge(subscription: Subscription): Charge {
    const payment = store
      .list('invoice_payment')
      .find(({ invoice }) => invoice === subscription.latest_invoice);
    const intent = payment && store.get('payment_intent', payment.payment.payment_intent);
    const made = intent && store.get('charge', intent.latest_charge);
    if (!made) throw new Error(`Nothing was charged for ${subscription.id}`);
    return made;
  }

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
      const sold = priceOf(price);
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
              price: sold,
              quantity: 1,
              current_period_start: created,
              current_period_end: created + (seconds ?? periodSeconds[sold.recurring.interval]),
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
      const made = latestCharge(subscription);
      Object.assign(invoice, { status: 'paid', next_payment_attempt: null });
      made.paid = true;
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
        data: [{ ...item, price: priceOf(price) }] as [typeof item],
      };
      change(subscription, { items }, 'customer.subscription.updated');
      charge(subscription, true);
    },
    end(subscription) {
      const at = store.now();
      const canceled = { canceled_at: subscription.canceled_at ?? at, ended_at: at };
      change(subscription, { status: 'canceled', ...canceled }, 'customer.subscription.deleted');
    },
    refund(subscription, amount) {
      const made = latestCharge(subscription);
      const refunded = amount ?? made.amount - made.amount_refunded;
      made.amount_refunded += refunded;
      made.refunded = made.amount_refunded >= made.amount;
      store.add({
        id: store.newId('re'),
        object: 'refund',
        created: store.now(),
        amount: refunded,
        charge: made.id,
        payment_intent: made.payment_intent,
        status: 'succeeded',
      });
      emit('charge.refunded', made);
    },
    dispute(subscription, status) {
      const made = latestCharge(subscription);
      const known = store.list('dispute').find(({ charge: disputed }) => disputed === made.id);
      made.disputed = true;
      const dispute: Dispute =
        known ??
        store.add({
          id: store.newId('dp'),
          object: 'dispute',
          created: store.now(),
          amount: made.amount,
          charge: made.id,
          payment_intent: made.payment_intent,
          reason: 'fraudulent',
          status,
          livemode,
        });
      dispute.status = status;
      if (!known) emit('charge.dispute.created', dispute);
      if (status !== 'needs_response') emit('charge.dispute.closed', dispute);
    },
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
