import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestUser } from '../../../test/support/app.ts';
import { type BillingApp, startBillingApp } from './testing/app.ts';
import { inSeconds, truth } from './testing/truths.ts';

let app: BillingApp;
let admin: TestUser;
let ann: TestUser;
let ben: TestUser;

interface Body {
  purchases: { id: string; key: string }[];
  signals: object[];
  next: string | null;
}

beforeAll(async () => {
  app = await startBillingApp();
  [admin, ann, ben] = [await app.signUp({ role: 'admin' }), await app.signUp(), await app.signUp()];
});
afterAll(async () => {
  await app.stop();
});

async function ask(path: string, who = admin): Promise<{ status: number; body: Body }> {
  const answer = await app.request
    .get(`/api/v1/admin/billing${path}`)
    .set('authorization', `Bearer ${who.accessToken}`);
  return { status: answer.status, body: answer.body as Body };
}

test('nobody but an admin reads about purchases of others', async () => {
  for (const path of [
    `/customers/${ann.userId}`,
    '/customers?search=x',
    '/purchases',
    `/purchases/${ann.userId}`,
    '/fraud-signals',
  ]) {
    expect([path, (await ask(path, ann)).status]).toEqual([path, 403]);
    expect((await app.request.get(`/api/v1/admin/billing${path}`)).status).toBe(401);
  }
});

test('what became of a purchase is told newest first, however much that was', async () => {
  const purchase = truth();
  const { purchaseId } = await app.record(purchase);
  for (let nr = 1; nr <= 11; nr += 1)
    await app.record({ ...purchase, manageUrl: `https://${nr}.test`, observedAt: inSeconds(nr) });
  const { body } = await ask(`/purchases/${purchaseId}`);
  const { history } = body as unknown as { history: { changes: { manageUrl: string[] } }[] };
  expect(history.map(({ changes }) => changes.manageUrl[1])).toEqual([
    ...Array.from({ length: 11 }, (_, index) => `https://${11 - index}.test`),
    purchase.manageUrl,
  ]);
});

test('an operator sees a user with purchases of all providers, and what became of each', async () => {
  const first = truth({ userId: ann.userId });
  const apple = truth({
    userId: ann.userId,
    provider: 'apple',
    productId: 'test.bulwark.pro.monthly',
    onHold: true,
  });
  await app.record(first, { source: 'webhook', reference: 'evt_1' });
  await app.record(apple);
  await app.record({ ...first, autoRenews: false, observedAt: inSeconds(1) });
  const { body } = await ask(`/customers/${ann.userId}`);
  expect(body).toMatchObject({
    user: { id: ann.userId, email: ann.email },
    accounts: [],
    entitlements: [{ name: 'pro', state: 'cancelled', provider: 'stripe' }],
    purchases: [
      { provider: 'stripe', key: first.key, state: 'cancelled', grants: true },
      { provider: 'apple', key: apple.key, state: 'on-hold', grants: false },
    ],
    signals: [],
  });
  expect((await ask(`/purchases/${body.purchases[0]?.id ?? ''}`)).body).toMatchObject({
    purchase: { user: { email: ann.email }, product: { id: 'pro-monthly' } },
    history: [
      { stateBefore: 'active', stateAfter: 'cancelled', changes: { autoRenews: [true, false] } },
      { source: 'webhook', reference: 'evt_1', stateBefore: null, stateAfter: 'active' },
    ],
  });
});

test('a user is found by all of what is known of them, and by no part of it', async () => {
  const cara = await app.signUp();
  const owned = truth({ userId: cara.userId });
  await app.record(owned);
  const found = async (search: string) =>
    (await ask(`/customers?search=${encodeURIComponent(search)}`)).body;
  const users = [{ id: cara.userId, email: cara.email }];
  for (const search of [cara.userId, cara.email.toUpperCase(), owned.key])
    expect([search, await found(search)]).toEqual([search, { users }]);
  expect(await found(cara.email.slice(0, -1))).toEqual({ users: [] });
  expect((await ask('/customers')).status).toBe(400);
});

test('purchases are found by provider, state, person and key, in pages that hold each once', async () => {
  const bought = Array.from({ length: 5 }, () =>
    truth({ userId: ben.userId, provider: 'google', productId: 'pro_monthly' }),
  );
  for (const one of bought) await app.record(one);
  const keys = bought.map(({ key }) => key);
  const found = async (query: string) =>
    (await ask(`/purchases?${query}`)).body.purchases.map(({ key }) => key);
  const newestFirst = keys.toReversed();
  expect(await found('provider=google')).toEqual(newestFirst);
  expect(await found(`search=${encodeURIComponent(ben.email.toUpperCase())}`)).toEqual(newestFirst);
  expect(await found(`search=${ben.userId}&state=active`)).toEqual(newestFirst);
  expect(await found(`search=${ben.userId}&state=expired`)).toEqual([]);
  expect(await found(`search=${keys[2] ?? ''}`)).toEqual([keys[2]]);
  const paged: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const at: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await ask(`/purchases?provider=google&limit=2${at}`);
    paged.push(...body.purchases.map(({ key }) => key));
    cursor = body.next;
  }
  expect(paged).toEqual(newestFirst);
  expect((await ask('/purchases?cursor=nonsense')).status).toBe(400);
});

test('who presented a purchase of somebody else is named on both sides', async () => {
  const owned = truth({ userId: ann.userId });
  const { purchaseId } = await app.record(owned);
  await app.record(owned, { source: 'app', claimantId: ben.userId });
  // Stored after the transaction.
  await app.billing.close();
  const expected = {
    purchaseId,
    product: { title: 'Pro, monthly' },
    claimant: { email: ben.email },
    owner: { email: ann.email },
  };
  expect((await ask('/fraud-signals')).body.signals).toMatchObject([expected]);
  expect((await ask(`/purchases/${purchaseId}`)).body.signals).toMatchObject([expected]);
  expect((await ask(`/customers/${ben.userId}`)).body.signals).toMatchObject([expected]);
});

test('whoever and whatever is not there is not found', async () => {
  const nobody = '0b0c5dd8-9f0d-4d4e-9f43-6f6a2f3f5a77';
  expect((await ask(`/customers/${nobody}`)).status).toBe(404);
  expect((await ask(`/purchases/${nobody}`)).status).toBe(404);
});
