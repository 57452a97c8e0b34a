import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stripe } from '../../../../local/providers/stripe.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { startStoreStand, type StoreStand } from '../testing/store-stand.ts';

/** What our checkout did not make: subscriptions of the Dashboard, of quotes and payment links, and what is changed there. */
let stand: StoreStand;

beforeAll(async () => {
  stand = await startStoreStand(stripe);
});
afterAll(() => stand.stop());

const price = 'price_sandbox_pro_monthly';
const daySeconds = 86_400;
const buy = ({ userId }: TestUser, more: object = {}) =>
  stand.command<{ id: string }>('buy', { userId, price, ...more });

/** Somebody who is a customer since they opened a page. */
async function customer() {
  const user = await stand.app.signUp();
  await stand.post(user, '/billing/checkout', { price });
  const { rows } = await stand.app.kernel.db.asLogin((tx) =>
    tx.query<{ id: string }>('select customer_id as id from billing.customers where user_id = $1', [
      user.userId,
    ]),
  );
  return { user, customer: rows[0]?.id };
}

const untilIn = async (user: TestUser): Promise<number> => {
  const [entitled] = (await stand.app.mine(user.accessToken)).entitlements as { until: string }[];
  return (Date.parse(entitled?.until ?? '') - Date.now()) / 1_000;
};
const about = (days: number) => [(days - 0.1) * daySeconds, (days + 0.1) * daySeconds] as const;
function expectDays(seconds: number, days: number): void {
  const [least, most] = about(days);
  expect(seconds).toBeGreaterThan(least);
  expect(seconds).toBeLessThan(most);
}

describe('what does not say whose it is belongs to the user of its customer', () => {
  test.each([
    ['a subscription', price, 'pro'],
    ['what is paid once', 'price_sandbox_archive', 'archive'],
  ])('%s', async (_what, sold, name) => {
    const { user, customer: tied } = await customer();
    await stand.command('buy', { customer: tied, price: sold });
    expect(await stand.untilState(user, 'active')).toMatchObject({ entitlements: [{ name }] });
  });

  test('also where it was nobody’s before', async () => {
    const bought = await stand.command<{ id: string; customer: string }>('buy', { price });
    await stand.untilTold('invoice.paid');
    const { userId, ...user } = await stand.app.signUp();
    await stand.app.kernel.db.asLogin((tx) =>
      tx.query(
        `insert into billing.customers (user_id, provider, customer_id) values ($1, 'stripe', $2)`,
        [userId, bought.customer],
      ),
    );
    await stand.command('renew', { subscription: bought.id });
    await stand.untilState({ userId, ...user }, 'active');
  });
});

test('of several prices in a subscription the one of the table counts', async () => {
  const user = await stand.app.signUp();
  await buy(user, { price: 'price_sandbox_support', besides: price });
  expect(await stand.untilState(user, 'active')).toMatchObject({
    entitlements: [{ name: 'pro' }],
    purchases: [{ productId: price, grants: true }],
  });
});

describe('an invoice that is not paid', () => {
  test('in the middle of a period begins the time of grace with the invoice, and not with the period', async () => {
    const user = await stand.app.signUp();
    const { id: subscription } = await buy(user, { agoSeconds: 20 * daySeconds });
    await stand.untilState(user, 'active');
    const team = 'price_sandbox_team_monthly';
    await stand.command('upgrade', { subscription, price: team, paid: false });
    const { entitlements } = await stand.untilState(user, 'grace');
    expect(entitlements.map(({ name }) => name)).toEqual(['pro', 'team']);
    expectDays(await untilIn(user), 7);
    await stand.command('recover', { subscription });
    await stand.untilState(user, 'active');
    expectDays(await untilIn(user), 10);
  });

  test('that was sent counts from the day on which it is due', async () => {
    const user = await stand.app.signUp();
    const { id: subscription } = await buy(user, { agoSeconds: 38 * daySeconds });
    await stand.command('fail-card', { subscription, dueSeconds: 6 * daySeconds });
    await stand.untilState(user, 'grace');
    expectDays(await untilIn(user), 5);
  });

  test('is not waited for any longer than that', async () => {
    const user = await stand.app.signUp();
    const { id: subscription } = await buy(user, { agoSeconds: 38 * daySeconds });
    await stand.command('fail-card', { subscription });
    await stand.untilState(user, 'expired');
  });
});

describe('an end at a date', () => {
  test('periods ahead lets it renew until then', async () => {
    const user = await stand.app.signUp();
    const { id: subscription } = await buy(user);
    await stand.untilState(user, 'active');
    await stand.command('cancel', { subscription, inSeconds: 180 * daySeconds });
    await stand.untilTold('customer.subscription.updated');
    const { purchases } = await stand.untilState(user, 'active');
    expect(purchases).toMatchObject([{ renews: true }]);
    expectDays(await untilIn(user), 30);
  });

  test('within the period ends it then', async () => {
    const user = await stand.app.signUp();
    const { id: subscription } = await buy(user);
    await stand.command('cancel', { subscription, inSeconds: 3 * daySeconds });
    await stand.untilState(user, 'cancelled');
    expectDays(await untilIn(user), 3);
  });
});
