import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createClient } from '@supabase/supabase-js';
import { stripe } from '../../../../local/providers/stripe.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { startStoreStand, type StoreStand } from '../testing/store-stand.ts';

let stand: StoreStand;

beforeAll(async () => {
  stand = await startStoreStand(stripe);
});
afterEach(() => {
  stand.sandbox.heal('stripe');
});
afterAll(() => stand.stop());

const price = 'price_sandbox_pro_monthly';
const buy = ({ userId }: TestUser) =>
  stand.command<{ id: string; customer: string }>('buy', { userId, price });
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

test('whoever was given a subscription at Stripe itself manages it, too', async () => {
  const user = await stand.app.signUp();
  const { customer } = await buy(user);
  await stand.untilState(user, 'active');
  const { status, body } = await stand.post(user, '/billing/portal');
  expect([status, body]).toMatchObject([
    200,
    { url: expect.stringContaining(customer) as unknown },
  ]);
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
