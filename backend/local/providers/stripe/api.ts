import express, { type Request, type Router } from 'express';
import type { Account } from './account.ts';
import {
  answer,
  idempotent,
  isThere,
  missing,
  missingParam,
  needsKey,
  page,
  refusals,
  StripeRefusal,
} from './answers.ts';
import type { Checkout } from './checkout.ts';
import type { CheckoutSession, Metadata, StripeObject } from './objects.ts';
import type { Store } from './store.ts';

type Form = Record<string, unknown>;
const formOf = (request: Request): Form => (request.body as Form | undefined) ?? {};
const queryOf = (request: Request): Form => request.query;
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const metadataOf = (value: unknown): Metadata => (value as Metadata | undefined) ?? {};

/** What of Stripe's API a billing backend calls, below `/v1`. */
export function stripeApi(options: {
  key: string;
  store: Store;
  account: Account;
  checkout: Checkout;
  url: string;
}): Router {
  const { key, store, account, checkout, url } = options;
  const router = express.Router();
  router.use(express.urlencoded({ extended: true, limit: '1mb' }));
  // Express's own parser is flat; Stripe's lists and nests.
  router.use((request, _response, next) => {
    const query = new URL(request.url, 'http://sandbox').searchParams;
    const expand = [...query].filter(([name]) => name.startsWith('expand')).map(([, path]) => path);
    const nested = Object.fromEntries(query);
    Object.defineProperty(request, 'query', { value: { ...nested, expand } });
    next();
  });
  router.use(needsKey(key), idempotent());

  const get = <K extends StripeObject['object']>(kind: K, request: Request) => {
    const id = String(request.params.id);
    const found = store.get(kind, id);
    if (!found) throw missing(kind, id);
    return found;
  };
  const readable = {
    customers: 'customer',
    subscriptions: 'subscription',
    invoices: 'invoice',
    payment_intents: 'payment_intent',
    charges: 'charge',
    events: 'event',
    prices: 'price',
  } as const;
  for (const [path, kind] of Object.entries(readable))
    router.get(`/${path}/:id`, (request, response) => {
      answer(request, response, get(kind, request), store);
    });

  router.post('/customers', (request, response) => {
    const form = formOf(request);
    const customer = account.createCustomer(textOf(form.email), metadataOf(form.metadata));
    answer(request, response, customer, store);
  });
  router.delete('/customers/:id', (request, response) => {
    const { id, object } = account.deleteCustomer(get('customer', request));
    response.json({ id, object, deleted: true });
  });
  router.post('/checkout/sessions', (request, response) => {
    answer(request, response, checkout.open(formOf(request)), store);
  });
  const withItems = (request: Request, path: string, session: CheckoutSession) =>
    (queryOf(request).expand as string[]).includes(path)
      ? { ...session, line_items: checkout.lineItems(session) }
      : session;
  router.get('/checkout/sessions/:id', (request, response) => {
    const session = get('checkout.session', request);
    answer(request, response, withItems(request, 'line_items', session), store);
  });
  router.get('/checkout/sessions', (request, response) => {
    const found = store
      .list('checkout.session')
      .filter(matching(queryOf(request)))
      .map((session) => withItems(request, 'data.line_items', session));
    answer(request, response, page(request, found), store);
  });
  router.post('/billing_portal/sessions', (request, response) => {
    const { customer, return_url: returnUrl } = formOf(request);
    if (!isThere(store.get('customer', String(customer))))
      throw missingParam('customer', String(customer));
    response.json({
      id: store.newId('bps'),
      object: 'billing_portal.session',
      customer,
      return_url: returnUrl ?? null,
      url: `${url}/portal/${String(customer)}`,
      livemode: false,
    });
  });

  router.get('/subscriptions', (request, response) => {
    const { customer, status } = queryOf(request);
    const found = store.list('subscription').filter((each) => {
      if (customer !== undefined && each.customer !== customer) return false;
      if (status === 'all') return true;
      return status === undefined ? each.status !== 'canceled' : each.status === status;
    });
    answer(request, response, page(request, found), store);
  });
  router.post('/subscriptions/:id', (request, response) => {
    const subscription = get('subscription', request);
    const { cancel_at_period_end: cancel, metadata } = formOf(request);
    if (subscription.status === 'canceled')
      throw new StripeRefusal(400, 'A canceled subscription can only update its metadata.');
    account.update(subscription, {
      ...(cancel === undefined ? {} : cancelled(cancel === 'true', store)),
      ...(metadata === undefined
        ? {}
        : { metadata: { ...subscription.metadata, ...metadataOf(metadata) } }),
    });
    answer(request, response, subscription, store);
  });
  router.delete('/subscriptions/:id', (request, response) => {
    const subscription = get('subscription', request);
    account.end(subscription);
    answer(request, response, subscription, store);
  });

  const lists = {
    invoices: 'invoice',
    invoice_payments: 'invoice_payment',
    charges: 'charge',
    refunds: 'refund',
    disputes: 'dispute',
    events: 'event',
    customers: 'customer',
  } as const;
  for (const [path, kind] of Object.entries(lists))
    router.get(`/${path}`, (request, response) => {
      const all: StripeObject[] = store.list(kind);
      answer(request, response, page(request, all.filter(matching(queryOf(request)))), store);
    });
  router.use((request) => {
    throw new StripeRefusal(404, `Unrecognized request URL (${request.method}: ${request.path}).`);
  });
  router.use(refusals);
  return router;
}

/** `at`: seconds since 1970; otherwise at the period's end. */
export const cancelled = (isOn: boolean, store: Store, at: number | null = null) => ({
  cancel_at_period_end: isOn && at === null,
  cancel_at: at,
  canceled_at: isOn ? store.now() : null,
});

interface Parts {
  payment?: { payment_intent: string };
  parent?: { subscription_details: { subscription: string } };
}

/** By the filters that the lists above know. */
const matching =
  (query: Form) =>
  (object: StripeObject): boolean => {
    const each = object as unknown as Form & Parts;
    const intent = query['payment[payment_intent]'];
    const plain = ['charge', 'invoice', 'payment_intent', 'customer', 'type', 'email', 'status'];
    return (
      plain.every((name) => query[name] === undefined || each[name] === query[name]) &&
      (intent === undefined || each.payment?.payment_intent === intent) &&
      (query.subscription === undefined ||
        each.parent?.subscription_details.subscription === query.subscription)
    );
  };
