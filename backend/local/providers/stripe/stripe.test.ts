import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import Stripe from 'stripe';
import { startSandbox, type Sandbox } from '../sandbox.ts';
import { stripe as definition } from '../stripe.ts';
import { type Command, commandOf } from '../testing/command.ts';
import { type Delivered, type Receiver, startReceiver } from '../testing/receiver.ts';

/** The official library, unmodified: only its host differs. */
let client: Stripe;
let sandbox: Sandbox;
let command: Command;
let receiver: Receiver;

beforeAll(async () => {
  sandbox = await startSandbox({ providers: [definition] });
  command = commandOf(sandbox, 'stripe');
  const { hostname, port } = new URL(sandbox.url);
  client = new Stripe(sandbox.provider('stripe').key, {
    host: hostname,
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
  receiver = await startReceiver();
  await command('webhook', { url: receiver.url });
});
beforeEach(async () => {
  await command('webhook', {});
  receiver.clear();
});
afterAll(async () => {
  await sandbox.close();
  await receiver.close();
});

const buy = (more: object = {}) =>
  command<Stripe.Subscription>('buy', {
    userId: 'user-1',
    price: 'price_sandbox_pro_monthly',
    ...more,
  });
const signatureOf = (headers?: Delivered['headers']) => String(headers?.['stripe-signature']);
const typesOf = () => receiver.received.map(({ body }) => (JSON.parse(body) as Stripe.Event).type);
async function until(type: Stripe.Event['type']): Promise<void> {
  await receiver.until(() => typesOf().includes(type));
}

test('a session is paid on its page and becomes a subscription of the customer', async () => {
  const customer = await client.customers.create({ metadata: { user_id: 'user-1' } });
  const session = await client.checkout.sessions.create({
    mode: 'subscription',
    customer: customer.id,
    client_reference_id: 'user-1',
    line_items: [{ price: 'price_sandbox_pro_monthly', quantity: 1 }],
    subscription_data: { metadata: { user_id: 'user-1' } },
    success_url: 'https://app.example/done',
  });
  expect(session).toMatchObject({ status: 'open', payment_status: 'unpaid', subscription: null });
  const paid = await fetch(session.url ?? '', { method: 'POST', redirect: 'manual' });
  expect([paid.status, paid.headers.get('location')]).toEqual([303, 'https://app.example/done']);
  await until('checkout.session.completed');

  const done = await client.checkout.sessions.retrieve(session.id);
  const subscription = await client.subscriptions.retrieve(done.subscription as string);
  expect(subscription).toMatchObject({
    status: 'active',
    customer: customer.id,
    metadata: { user_id: 'user-1' },
  });
  expect(subscription.items.data[0]?.current_period_end).toBeGreaterThan(Date.now() / 1_000);
});

test('a session of what is paid once becomes a payment, and shows its items where it is asked to', async () => {
  const customer = await client.customers.create({});
  const asked = {
    customer: customer.id,
    line_items: [{ price: 'price_sandbox_archive', quantity: 1 }],
    success_url: 'https://app.example/done',
  };
  await expect(
    client.checkout.sessions.create({ ...asked, mode: 'subscription' }),
  ).rejects.toMatchObject({ statusCode: 400, param: 'mode' });
  const { id, url } = await client.checkout.sessions.create({ ...asked, mode: 'payment' });
  await fetch(url ?? '', { method: 'POST', redirect: 'manual' });
  await until('checkout.session.completed');
  const done = await client.checkout.sessions.retrieve(id);
  expect(done).toMatchObject({ status: 'complete', payment_status: 'paid', subscription: null });
  expect(done.line_items).toBeUndefined();
  const { data } = await client.checkout.sessions.list({
    payment_intent: done.payment_intent as string,
    expand: ['data.line_items', 'data.payment_intent.latest_charge'],
  });
  expect(data).toMatchObject([
    {
      id,
      line_items: { data: [{ price: { id: 'price_sandbox_archive', type: 'one_time' } }] },
      payment_intent: { status: 'succeeded', latest_charge: { paid: true, refunded: false } },
    },
  ]);
});

test('events are signed as the library wants it, and come again until they are taken', async () => {
  receiver.answerNext(500, 503);
  await buy();
  await until('customer.subscription.created');
  const { webhookSecret } = sandbox.provider('stripe');
  const taken = receiver.received.map(({ body, headers }) =>
    client.webhooks.constructEvent(body, signatureOf(headers), webhookSecret),
  );
  expect(taken[0]).toMatchObject({ object: 'event', livemode: false });
  const [first] = receiver.received;
  const signature = signatureOf(first?.headers);
  expect(() =>
    client.webhooks.constructEvent(`${first?.body ?? ''} `, signature, webhookSecret),
  ).toThrow(Stripe.errors.StripeSignatureVerificationError);
  await receiver.until(
    () => receiver.received.filter(({ body }) => body === first?.body).length >= 2,
  );
});

test('events can be doubled, reversed and lost', async () => {
  await command('webhook', { copies: 3 });
  const { id } = await buy();
  await until('invoice.paid');
  await receiver.until(() => receiver.received.length >= 15);
  expect(typesOf().filter((type) => type === 'customer.subscription.created')).toHaveLength(3);

  receiver.clear();
  await command('webhook', { lost: true });
  await command('cancel', { subscription: id });
  await command('webhook', { reverse: 2 });
  await command('resume', { subscription: id });
  await command('cancel', { subscription: id });
  await receiver.until(() => receiver.received.length >= 2);
  expect(typesOf()).toEqual(['customer.subscription.updated', 'customer.subscription.updated']);
});

test('what was paid is found from the subscription, refunds and disputes included', async () => {
  const { id } = await buy();
  await command('refund', { subscription: id });
  await command('dispute', { subscription: id, status: 'lost' });
  const { latest_invoice: invoice } = await client.subscriptions.retrieve(id);
  const payments = await client.invoicePayments.list({
    invoice: invoice as string,
    expand: ['data.payment.payment_intent.latest_charge'],
  });
  const intent = payments.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
  const charge = intent.latest_charge as Stripe.Charge;
  expect(charge).toMatchObject({ refunded: true, disputed: true, amount_refunded: 900 });
  expect((await client.refunds.list({ charge: charge.id })).data).toHaveLength(1);
  expect((await client.disputes.list({ charge: charge.id })).data[0]?.status).toBe('lost');
  const back = await client.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: intent.id },
  });
  expect(back.data[0]?.invoice).toBe(invoice);
});

test('a subscription is not changed to what is paid once', async () => {
  const { id } = await buy();
  const change = command('upgrade', { subscription: id, price: 'price_sandbox_archive' });
  await expect(change).rejects.toThrow('paid once');
});

test('money goes back in parts, and no more of it than was paid', async () => {
  const { id } = await buy();
  const charge = async () => (await client.charges.list({ limit: 1 })).data[0];
  await command('refund', { subscription: id, amount: 300 });
  expect(await charge()).toMatchObject({ amount_refunded: 300, refunded: false });
  await expect(command('refund', { subscription: id, amount: 601 })).rejects.toThrow('greater');
  await command('refund', { subscription: id, amount: 600 });
  expect(await charge()).toMatchObject({ amount_refunded: 900, refunded: true });
  await expect(command('refund', { subscription: id })).rejects.toThrow('already been refunded');
});

test('the clock brings renewals, failed payments and ends', async () => {
  const month = 31 * 86_400;
  const { id, items } = await buy();
  const { id: ending } = await buy();
  await command('cancel', { subscription: ending });
  await command('clock', { advanceSeconds: month });
  const renewed = await client.subscriptions.retrieve(id);
  expect(renewed.items.data[0]?.current_period_start).toBe(items.data[0]?.current_period_end);
  expect((await client.subscriptions.retrieve(ending)).status).toBe('canceled');
  await command('fail-card', { subscription: id });
  expect((await client.subscriptions.retrieve(id)).status).toBe('past_due');
  await command('recover', { subscription: id });
  expect((await client.subscriptions.retrieve(id)).status).toBe('active');
});

test('lists come in pages, and are filtered', async () => {
  const customer = await client.customers.create({});
  for (let index = 0; index < 5; index += 1) await buy({ customer: customer.id });
  const ids: string[] = [];
  for await (const { id } of client.subscriptions.list({ customer: customer.id, limit: 2 }))
    ids.push(id);
  expect(new Set(ids).size).toBe(5);
});

test('a key of idempotency does a thing once, and other parameters are refused', async () => {
  const options = { idempotencyKey: 'one' };
  const create = () => client.customers.create({ email: 'a@example.com' }, options);
  const one = await create();
  expect((await create()).id).toBe(one.id);
  await expect(client.customers.create({ email: 'b@example.com' }, options)).rejects.toMatchObject({
    type: 'StripeIdempotencyError',
  });
});

test('a key that is in use is a conflict', async () => {
  const create = () => client.customers.create({}, { idempotencyKey: 'both' });
  const answers = await Promise.allSettled([create(), create()]);
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { statusCode: 409, code: 'idempotency_key_in_use' },
  });
});

test('a customer that is deleted is no customer any more', async () => {
  const { id: customer } = await client.customers.create({});
  expect(await client.customers.del(customer)).toMatchObject({ deleted: true });
  await expect(
    client.billingPortal.sessions.create({ customer, return_url: 'https://a.test' }),
  ).rejects.toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' });
});

test('refuses in the words that the library understands', async () => {
  await expect(client.subscriptions.retrieve('sub_none')).rejects.toMatchObject({
    type: 'StripeInvalidRequestError',
    statusCode: 404,
    code: 'resource_missing',
  });
  const stranger = new Stripe('sk_test_other', {
    host: '127.0.0.1',
    port: new URL(sandbox.url).port,
    protocol: 'http',
    maxNetworkRetries: 0,
  });
  await expect(stranger.customers.list()).rejects.toMatchObject({
    type: 'StripeAuthenticationError',
  });
  sandbox.misbehave('stripe', { rate429: { retryAfterSeconds: 3 }, forNext: 1 });
  await expect(client.customers.list()).rejects.toMatchObject({ statusCode: 429 });
});
