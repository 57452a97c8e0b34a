import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from '@supabase/supabase-js';
import { stripe } from '../../../../local/providers/stripe.ts';
import { signatureOf } from '../../../../local/providers/stripe/deliveries.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { startStoreStand, type StoreStand } from '../testing/store-stand.ts';

const otherSecret = 'whsec_the-secret-before-this-one-0123456789';
let stand: StoreStand;
let secret: string;

beforeAll(async () => {
  stand = await startStoreStand(stripe, (sandbox) => ({
    STRIPE_WEBHOOK_SECRETS: `${otherSecret},${sandbox.provider('stripe').webhookSecret}`,
  }));
  secret = stand.sandbox.provider('stripe').webhookSecret;
});
afterEach(async () => {
  stand.sandbox.heal('stripe');
  await stand.command('webhook');
});
afterAll(() => stand.stop());

const price = 'price_sandbox_pro_monthly';
const buy = ({ userId }: TestUser) => stand.command<{ id: string }>('buy', { userId, price });
/** Their token by another email address. */
async function renamed({ userId, password }: TestUser): Promise<string> {
  const { url, anonKey, serviceRoleKey } = stand.app.issuer;
  const auth = { persistSession: false, autoRefreshToken: false };
  const email = `${userId}@example.test`;
  const admin = createClient(url, serviceRoleKey, { auth });
  await admin.auth.admin.updateUserById(userId, { email });
  const { data } = await createClient(url, anonKey, { auth }).auth.signInWithPassword({
    email,
    password,
  });
  return data.session?.access_token ?? '';
}
const urlOf = ({ body }: { body: unknown }) => (body as { url?: string }).url ?? '';

describe('buying', () => {
  test('shows the plans to anybody', async () => {
    const answer = await stand.app.request.get('/api/v1/billing/plans');
    expect(answer.body).toMatchObject({
      plans: [
        { id: 'pro-monthly', entitlements: ['pro'], prices: [price] },
        {},
        {},
        { id: 'archive-for-good', prices: ['price_sandbox_archive'] },
      ],
    });
  });

  test('a page is opened, paid, and what was bought may be used', async () => {
    const user = await stand.app.signUp();
    const opened = await stand.post(user, '/billing/checkout', { price });
    expect(opened.status).toBe(200);
    const paid = await fetch(urlOf(opened), { method: 'POST', redirect: 'manual' });
    expect(paid.headers.get('location')).toContain('?checkout=done');
    const { entitlements } = await stand.until(user, (mine) => mine.entitlements.length > 0);
    expect(entitlements).toMatchObject([
      {
        ...{ name: 'pro', state: 'active', provider: 'stripe' },
        ...{ manageUrl: null, managePath: '/api/v1/billing/portal' },
      },
    ]);
    const portal = await stand.post(user, '/billing/portal');
    expect(urlOf(portal)).toContain('/portal/cus_');
  });

  test('two requests at once make one customer, and the same attempt opens the same page', async () => {
    const user = await stand.app.signUp();
    const order = { price, attempt: 'first' };
    const answers = await Promise.all(
      [1, 2, 3].map(() => stand.post(user, '/billing/checkout', order)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(urlOf)).size).toBe(1);
  });

  test('two first pages at once, of different attempts, are of one customer', async () => {
    const user = await stand.app.signUp();
    const answers = await Promise.all(
      ['one', 'other'].map((attempt) => stand.post(user, '/billing/checkout', { price, attempt })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(answers.map(urlOf)).size).toBe(2);
  });

  test('an address that changed before the customer was kept is no obstacle', async () => {
    const user = await stand.app.signUp();
    const open = (accessToken: string) =>
      stand.post({ ...user, accessToken }, '/billing/checkout', { price });
    expect((await open(user.accessToken)).status).toBe(200);
    await stand.app.kernel.db.asLogin((tx) =>
      tx.query('delete from billing.customers where user_id = $1', [user.userId]),
    );
    expect((await open(await renamed(user))).status).toBe(200);
  });

  test('a second subscription of the same product is refused until the first is over', async () => {
    const user = await stand.app.signUp();
    const { id: subscription } = await buy(user);
    const open = (wanted: string) => stand.post(user, '/billing/checkout', { price: wanted });
    for (const [command, state] of [
      ['pause', 'paused'],
      ['resume', 'active'],
      ['cancel', 'cancelled'],
    ] as const) {
      await stand.command(command, { subscription });
      await stand.untilState(user, state);
      expect(await open(price)).toMatchObject({ status: 409, body: { error: 'STATE_CONFLICT' } });
    }
    expect((await open('price_sandbox_team_monthly')).status).toBe(200);
    await stand.command('revoke', { subscription });
    await stand.untilState(user, 'expired');
    expect((await open(price)).status).toBe(200);
  });

  test('an attempt at another price is another page', async () => {
    const user = await stand.app.signUp();
    const open = (wanted: string) =>
      stand.post(user, '/billing/checkout', { price: wanted, attempt: 'first' });
    const [one, other] = [await open(price), await open('price_sandbox_pro_yearly')];
    expect([one.status, other.status]).toEqual([200, 200]);
    expect(urlOf(other)).not.toBe(urlOf(one));
  });

  test('a customer that was deleted at Stripe is made anew', async () => {
    const user = await stand.app.signUp();
    await stand.post(user, '/billing/checkout', { price, attempt: 'first' });
    const portal = await stand.post(user, '/billing/portal');
    const customer = new URL(urlOf(portal)).pathname.split('/').at(-1);
    await stand.command('delete-customer', { customer });
    expect((await stand.post(user, '/billing/portal')).body).toMatchObject({
      error: 'STATE_CONFLICT',
    });
    const opened = await stand.post(user, '/billing/checkout', { price, attempt: 'first' });
    expect(opened.status).toBe(200);
    await fetch(urlOf(opened), { method: 'POST', redirect: 'manual' });
    await stand.untilState(user, 'active');
    expect(urlOf(await stand.post(user, '/billing/portal'))).not.toBe(urlOf(portal));
  });

  test('what is not sold is refused', async () => {
    const { body, status } = await stand.post(await stand.app.signUp(), '/billing/checkout', {
      price: 'price_x',
    });
    expect([status, body]).toMatchObject([400, { error: 'VALIDATION_FAILED' }]);
  });

  test('who has bought nothing has nothing to manage', async () => {
    const user = await stand.app.signUp();
    expect((await stand.post(user, '/billing/portal')).body).toMatchObject({
      error: 'STATE_CONFLICT',
    });
    await stand.post(user, '/billing/checkout', { price });
    expect((await stand.post(user, '/billing/portal')).body).toMatchObject({
      url: expect.stringContaining('/portal/cus_') as unknown,
    });
  });

  test('a Stripe that is away is a 503, and its key is in no line of the log', async () => {
    stand.sandbox.misbehave('stripe', { status: 503 });
    const { body, status } = await stand.post(await stand.app.signUp(), '/billing/checkout', {
      price,
    });
    expect([status, body]).toMatchObject([503, { error: 'UPSTREAM_UNAVAILABLE' }]);
    stand.sandbox.heal('stripe');
    await stand.app.kernel.admin.providers.reset('stripe');
    expect(JSON.stringify(stand.app.logLines)).not.toContain(stand.sandbox.provider('stripe').key);
  });
});

describe('what becomes of a subscription is followed', () => {
  test.each([
    ['cancel', {}, 'cancelled'],
    ['fail-card', {}, 'grace'],
    ['give-up', {}, 'on-hold'],
    ['pause', {}, 'paused'],
    ['refund', {}, 'refunded'],
    ['dispute', { status: 'lost' }, 'revoked'],
    ['revoke', {}, 'expired'],
  ])('%s', async (name, more, state) => {
    const user = await stand.app.signUp();
    const { id } = await buy(user);
    await stand.untilState(user, 'active');
    await stand.command(name, { subscription: id, ...more });
    await stand.untilState(user, state);
  });

  test('back and forth, in whatever order and number the events come', async () => {
    const user = await stand.app.signUp();
    const { id: subscription } = await buy(user);
    await stand.untilState(user, 'active');
    await stand.command('webhook', { reverse: 4, copies: 3 });
    await stand.command('cancel', { subscription });
    await stand.command('resume', { subscription });
    await stand.command('pause', { subscription });
    await stand.command('resume', { subscription });
    await stand.untilState(user, 'active');
    await stand.command('cancel', { subscription });
    await stand.command('webhook');
    await stand.untilState(user, 'cancelled');
  });

  test('an event waits for a Stripe that is away', async () => {
    const user = await stand.app.signUp();
    const { id: subscription } = await buy(user);
    await stand.untilState(user, 'active');
    stand.sandbox.misbehave('stripe', { status: 500, forNext: 2 });
    await stand.command('cancel', { subscription });
    await stand.untilState(user, 'cancelled');
  });
});

describe('a webhook', () => {
  const body = (more: object = {}): string =>
    JSON.stringify(
      {
        id: `evt_${Math.random().toString(36).slice(2)}`,
        object: 'event',
        created: 1_800_000_000,
        livemode: false,
        type: 'product.updated',
        data: { object: { id: 'prod_1', object: 'product' } },
        ...more,
      },
      null,
      2,
    );
  const now = () => Math.floor(Date.now() / 1_000);
  const send = async (
    sent: string | Buffer,
    signature: string,
    more: Record<string, string> = {},
  ) => {
    const answer = await fetch(`${stand.app.url}/api/v1/webhooks/stripe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stripe-signature': signature, ...more },
      body: sent,
    });
    await answer.arrayBuffer();
    return answer.status;
  };

  test.each([
    ['by the present secret', () => secret],
    ['by the one before it', () => otherSecret],
  ])('signed %s is taken', async (_name, signer) => {
    const sent = body();
    expect(await send(sent, signatureOf(sent, signer()))).toBe(200);
  });

  test.each<[string, (sent: string) => Promise<number>]>([
    ['301 s ago', (sent) => send(sent, signatureOf(sent, secret, now() - 301))],
    ['in an hour', (sent) => send(sent, signatureOf(sent, secret, now() + 3_600))],
    ['by another secret', (sent) => send(sent, signatureOf(sent, 'whsec_somebody-else'))],
    ['by v0 alone', (sent) => send(sent, signatureOf(sent, secret).replace('v1=', 'v0='))],
    ['without a time', (sent) => send(sent, signatureOf(sent, secret).replace(/^t=\d+,/, ''))],
    ['not at all', (sent) => send(sent, '')],
    [
      'and serialised anew',
      (sent) => send(JSON.stringify(JSON.parse(sent)), signatureOf(sent, secret)),
    ],
    ['behind a byte order mark', (sent) => send(`\ufeff${sent}`, signatureOf(sent, secret))],
    [
      'and compressed',
      (sent) => send(gzipSync(sent), signatureOf(sent, secret), { 'content-encoding': 'gzip' }),
    ],
  ])('signed %s is refused', async (_name, deliver) => {
    expect(await deliver(body())).toBe(400);
  });

  test.each([
    ['of real money', { livemode: true }],
    ['of a connected account', { account: 'acct_1' }],
  ])('%s is not for this server', async (_name, more) => {
    const sent = body(more);
    expect(await send(sent, signatureOf(sent, secret))).toBe(400);
  });

  test('about a subscription that Stripe does not know changes nothing', async () => {
    const sent = body({
      type: 'customer.subscription.updated',
      data: { object: { id: 'sub_of_nobody', object: 'subscription', customer: 'cus_1' } },
    });
    expect(await send(sent, signatureOf(sent, secret))).toBe(200);
    const { id } = JSON.parse(sent) as { id: string };
    await stand.untilProcessed(id);
  });
});
