import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stripe } from '../../../../local/providers/stripe.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { patienceMs, startStoreStand, type StoreStand } from '../testing/store-stand.ts';
import { partOf } from './money.ts';

let stand: StoreStand;
let admin: TestUser;

beforeAll(async () => {
  stand = await startStoreStand(stripe);
  admin = await stand.app.signUp({ role: 'admin' });
});
afterAll(() => stand.stop());

interface Details {
  purchase: { id: string; key: string; state: string; partRefund: string | null };
  history: { stateBefore: string; stateAfter: string; changes: Record<string, unknown> }[];
}

async function read<T>(path: string): Promise<T> {
  const answer = await stand.app.request
    .get(`/api/v1/admin/billing${path}`)
    .set('authorization', `Bearer ${admin.accessToken}`);
  return answer.body as T;
}

/** What the operator sees, once it shows that. */
async function untilGivenBack(key: string, partRefund: string | null): Promise<Details> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const { purchases } = await read<{ purchases: { id: string }[] }>(`/purchases?search=${key}`);
    const details = await read<Details>(`/purchases/${purchases[0]?.id ?? ''}`);
    if (details.purchase.partRefund === partRefund) return details;
    if (performance.now() > giveUpAt) throw new Error(JSON.stringify(details));
    await wait(50);
  }
}

describe.each([
  ['a subscription', 'price_sandbox_pro_monthly', '9.00'],
  ['what was paid once', 'price_sandbox_archive', '49.00'],
])('of %s', (_what, price, all) => {
  const cents = Number(all) * 100;

  async function bought() {
    const user = await stand.app.signUp();
    const { id, payment_intent: intent } = await stand.command<{
      id: string;
      payment_intent?: string;
    }>('buy', { userId: user.userId, price });
    await stand.untilState(user, 'active');
    return { user, id, key: intent ?? id };
  }

  test('a part comes back, which the operator sees and which takes nothing away', async () => {
    const { user, id, key } = await bought();
    await stand.command('refund', { subscription: id, amount: 300 });
    const { purchase, history } = await untilGivenBack(key, `3.00 of ${all} USD`);
    expect(purchase.state).toBe('active');
    expect(history[0]).toMatchObject({
      stateBefore: 'active',
      stateAfter: 'active',
      changes: { partRefund: [null, `3.00 of ${all} USD`] },
    });
    expect((await stand.app.mine(user.accessToken)).entitlements).toHaveLength(1);
  });

  test('parts that add up to all of it are a refund', async () => {
    const { user, id, key } = await bought();
    await stand.command('refund', { subscription: id, amount: 300 });
    await untilGivenBack(key, `3.00 of ${all} USD`);
    await stand.command('refund', { subscription: id, amount: cents - 301 });
    await untilGivenBack(key, `${((cents - 1) / 100).toFixed(2)} of ${all} USD`);
    await stand.command('refund', { subscription: id, amount: 1 });
    expect((await stand.untilState(user, 'refunded')).entitlements).toEqual([]);
    expect((await untilGivenBack(key, null)).history[0]?.changes).toHaveProperty('refundedAt');
  });
});

test.each(['draft', 'paid'])(
  'a refund is one beside an invoice without a charge that is %s',
  async (status) => {
    const user = await stand.app.signUp();
    const order = { userId: user.userId, price: 'price_sandbox_pro_monthly' };
    const { id: subscription } = await stand.command<{ id: string }>('buy', order);
    await stand.command('refund', { subscription });
    await stand.untilState(user, 'refunded');
    await stand.command('invoice', { subscription, status });
    await stand.untilTold('customer.subscription.updated');
    await stand.untilState(user, 'refunded');
    await stand.command('renew', { subscription });
    await stand.untilState(user, 'active');
  },
);

test.each([
  [300, 900, 'usd', '3.00 of 9.00 USD'],
  [300, 900, 'jpy', '300 of 900 JPY'],
  [300, 9_000, 'kwd', '0.300 of 9.000 KWD'],
])('%d of %d %s is shown as people count', (part, whole, currency, shown) => {
  expect(partOf(part, whole, currency)).toBe(shown);
});
