import express, { type Request, type Router } from 'express';
import {
  Joi,
  oneOf,
  optional,
  shape,
  text,
  withDefault,
} from '../../../src/kernel/schema/index.ts';
import {
  checked,
  clock,
  commandRouter,
  type Commands,
  deliveryCommands,
  seconds,
  Unknown,
} from '../commands.ts';
import type { Account } from './account.ts';
import { cancelled } from './api.ts';
import type { Checkout } from './checkout.ts';
import type { Deliveries } from './deliveries.ts';
import type { CheckoutSession, Subscription } from './objects.ts';
import type { Payments } from './payments.ts';
import type { Store } from './store.ts';

const buy = shape({
  userId: optional(text(1, 255)),
  email: optional(text(1, 255)),
  customer: optional(text(1, 255)),
  price: text(1, 255),
  periodSeconds: optional(seconds),
  agoSeconds: optional(seconds).description('A subscription that began so long ago'),
  besides: optional(text(1, 255)).description('A second price of the same subscription'),
  pending: optional(Joi.boolean()).description('Of what is paid once: the bank takes its time'),
});
/** A subscription, or the session on which something was paid once. */
const which = shape({ subscription: text(1, 255) })
  .rename('session', 'subscription')
  .unknown();
const refund = shape({
  amount: optional(Joi.number().integer().min(1)).description('In cents; all that is left'),
}).unknown();
const cancel = shape({
  inSeconds: optional(seconds).description("At that moment, and not at the period's end"),
}).unknown();
const failCard = shape({
  dueSeconds: optional(seconds).description('The invoice was sent, and was due so much later'),
}).unknown();
const upgrade = shape({
  price: text(1, 255),
  paid: optional(Joi.boolean()).description('Of the invoice for it; true where left out'),
}).unknown();
const invoice = shape({ status: oneOf('paid', 'draft') }).unknown();
const dispute = shape({
  status: withDefault(oneOf('needs_response', 'won', 'lost'), 'needs_response'),
}).unknown();

const ownWords = { purchase: 'subscription', product: 'price' };

/** What a person or a test has the account do, each a POST below `/_sandbox/stripe/`. */
export function stripeCommands(options: {
  store: Store;
  account: Account;
  payments: Payments;
  checkout: Checkout;
  deliveries: Deliveries;
}): Router {
  const { store, account, payments, checkout, deliveries } = options;
  const commands: Commands = {
    buy(body) {
      const { userId, email, customer, price, pending, ...terms } = checked(buy, body);
      const metadata = userId === undefined ? {} : { user_id: userId };
      const buyer =
        store.get('customer', customer ?? '') ?? account.createCustomer(email ?? null, metadata);
      const order = { customer: buyer, price, metadata };
      return store.get('price', price)?.type === 'one_time'
        ? checkout.buy(order, pending === true ? 'pending' : 'paid')
        : account.subscribe({ ...order, ...terms });
    },
    renew: on((each) => {
      account.renew(each, true);
    }),
    'fail-card': on((each, body) => {
      account.renew(each, false, checked(failCard, body).dueSeconds);
    }),
    recover: of((each) => {
      if (each.object === 'checkout.session') checkout.settle(each, true);
      else account.recover(each);
    }),
    'give-up': of((each) => {
      if (each.object === 'checkout.session') checkout.settle(each, false);
      else account.update(each, { status: 'unpaid' });
    }),
    cancel: on((each, body) => {
      const { inSeconds } = checked(cancel, body);
      const at = inSeconds === undefined ? null : store.now() + inSeconds;
      account.update(each, cancelled(true, store, at));
    }),
    resume: on((each) => {
      account.update(each, { ...cancelled(false, store), pause_collection: null });
    }),
    pause: on((each, { resumesAt }) => {
      const resumes_at = typeof resumesAt === 'number' ? resumesAt : null;
      account.update(each, { pause_collection: { behavior: 'void', resumes_at } });
    }),
    revoke: on((each) => {
      account.end(each);
    }),
    refund: of((each, body) => {
      payments.refund(account.chargeOf(each), checked(refund, body).amount);
    }),
    'fail-refund': of((each) => {
      payments.failRefund(account.chargeOf(each));
    }),
    dispute: of((each, body) => {
      payments.dispute(account.chargeOf(each), checked(dispute, body).status);
    }),
    upgrade: on((each, body) => {
      const { price, paid } = checked(upgrade, body);
      account.upgrade(each, price, paid !== false);
    }),
    invoice: on((each, body) => {
      account.invoice(each, checked(invoice, body).status);
    }),
    'delete-customer'({ customer }) {
      const found = store.get('customer', String(customer));
      if (!found) throw new Unknown(`No such customer: ${String(customer)}`);
      return account.deleteCustomer(found);
    },
    clock({ advanceSeconds }) {
      account.advance(checked(clock, { advanceSeconds }).advanceSeconds);
      return { now: store.now() };
    },
    ...deliveryCommands(deliveries, (id) => store.get('event', id), 'event'),
  };

  function of(
    work: (each: Subscription | CheckoutSession, body: Record<string, unknown>) => void,
  ): (body: Record<string, unknown>) => Subscription | CheckoutSession {
    return (body) => {
      const { subscription: id } = checked(which, body);
      const found = store.get('subscription', id) ?? store.get('checkout.session', id);
      if (!found) throw new Unknown(`No such subscription or session: ${id}`);
      work(found, body);
      return found;
    };
  }
  function on(work: (each: Subscription, body: Record<string, unknown>) => void) {
    return of((each, body) => {
      if (each.object !== 'subscription') throw new Error('It is paid once');
      work(each, body);
    });
  }

  const router = commandRouter(commands, ownWords, deliveries);
  router.get('/subscriptions', (_request, response) => {
    response.json({ subscriptions: store.list('subscription') });
  });
  return router;
}

/** The page of an open session, with one button, and what the button does. */
export function hostedPages(store: Store, checkout: Checkout): Router {
  const router = express.Router();
  const sessionOf = (request: Request) => store.get('checkout.session', String(request.params.id));
  router.get('/checkout/:id', (request, response) => {
    const session = sessionOf(request);
    if (!session) response.status(404).send('There is no such session.');
    else
      response
        .type('html')
        .send(
          `<!doctype html><title>Sandbox checkout</title><h1>Sandbox checkout</h1><p>${session.status === 'open' ? '<form method="post"><button>Pay</button></form>' : 'Paid.'}`,
        );
  });
  router.post('/checkout/:id', (request, response) => {
    const session = sessionOf(request);
    if (session?.status !== 'open') {
      response.status(404).send('There is nothing to pay.');
      return;
    }
    checkout.pay(session);
    response.redirect(303, session.success_url);
  });
  return router;
}
