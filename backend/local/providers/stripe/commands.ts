import express, { type Request, type Router } from 'express';
import { Joi, oneOf, optional, shape, text } from '../../../src/kernel/schema/index.ts';
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
import type { Deliveries } from './deliveries.ts';
import type { CheckoutSession, Subscription } from './objects.ts';
import type { Store } from './store.ts';

const subscription = Joi.string().required();
const buy = shape({
  userId: optional(text(1, 255)),
  email: optional(text(1, 255)),
  customer: optional(text(1, 255)),
  price: text(1, 255),
  periodSeconds: optional(seconds),
});

const disputeStatus = shape({ status: oneOf('needs_response', 'won', 'lost') });

const ownWords = { purchase: 'subscription', product: 'price' };

/** What a person or a test has the account do, each a POST below `/_sandbox/stripe/`. */
export function stripeCommands(store: Store, account: Account, deliveries: Deliveries): Router {
  const commands: Commands = {
    buy(body) {
      const { userId, email, customer, ...rest } = checked(buy, body);
      const metadata = userId === undefined ? {} : { user_id: userId };
      const buyer =
        store.get('customer', customer ?? '') ?? account.createCustomer(email ?? null, metadata);
      return account.subscribe({ customer: buyer, metadata, ...rest });
    },
    renew: on((each) => {
      account.renew(each, true);
    }),
    'fail-card': on((each) => {
      account.renew(each, false);
    }),
    recover: on((each) => {
      account.recover(each);
    }),
    'give-up': on((each) => {
      account.update(each, { status: 'unpaid' });
    }),
    cancel: on((each) => {
      account.update(each, cancelled(true, store));
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
    refund: on((each, { amount }) => {
      account.refund(each, typeof amount === 'number' ? amount : undefined);
    }),
    dispute: on((each, { status }) => {
      account.dispute(each, checked(disputeStatus, { status: status ?? 'needs_response' }).status);
    }),
    upgrade: on((each, { price }) => {
      account.upgrade(each, String(price));
    }),
    clock({ advanceSeconds }) {
      account.advance(checked(clock, { advanceSeconds }).advanceSeconds);
      return { now: store.now() };
    },
    ...deliveryCommands(deliveries, (id) => store.get('event', id), 'event'),
  };

  function on(work: (each: Subscription, body: Record<string, unknown>) => void) {
    return (body: Record<string, unknown>) => {
      const { subscription: id } = checked(shape({ subscription }).unknown(), body);
      const found = store.get('subscription', id);
      if (!found) throw new Unknown(`No such subscription: ${id}`);
      work(found, body);
      return found;
    };
  }

  const router = commandRouter(commands, ownWords, deliveries);
  router.get('/subscriptions', (_request, response) => {
    response.json({ subscriptions: store.list('subscription') });
  });
  return router;
}

/** The page of an open session, with one button, and what the button does. */
export function hostedPages(
  store: Store,
  account: Account,
  emit: (type: string, object: CheckoutSession) => void,
): Router {
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
    const customer = session && store.get('customer', session.customer);
    if (!session || !customer || session.status !== 'open') {
      response.status(404).send('There is nothing to pay.');
      return;
    }
    const { price = '', ...metadata } = session.metadata;
    const bought = account.subscribe({ customer, price, metadata });
    const paid = { status: 'complete', payment_status: 'paid', subscription: bought.id } as const;
    Object.assign(session, paid, { url: null });
    emit('checkout.session.completed', session);
    response.redirect(303, session.success_url);
  });
  return router;
}
