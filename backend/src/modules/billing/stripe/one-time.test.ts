import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { stripe } from '../../../../local/providers/stripe.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { startStoreStand, type StoreStand } from '../testing/store-stand.ts';

/** What is paid for once. */
let stand: StoreStand;

beforeAll(async () => {
  stand = await startStoreStand(stripe);
});
afterEach(async () => {
  stand.sandbox.heal('stripe');
  await stand.command('webhook');
});
afterAll(() => stand.stop());

const price = 'price_sandbox_archive';
const forGood = {
  ...{ state: 'active', kind: 'one-time', until: null, renews: false },
  managePath: null,
};

async function bought(user: TestUser, more: object = {}): Promise<{ session: string }> {
  const { id } = await stand.command<{ id: string }>('buy', {
    userId: user.userId,
    price,
    ...more,
  });
  return { session: id };
}

async function buyer() {
  const user = await stand.app.signUp();
  const which = await bought(user);
  await stand.untilState(user, 'active');
  return { user, which };
}

/** Everything that Stripe has sent since, in the opposite order and each twice. */
async function confused<T>(events: number, work: () => Promise<T>): Promise<T> {
  await stand.command('webhook', { reverse: events, copies: 2 });
  const result = await work();
  await stand.command('webhook');
  return result;
}

describe('a price that is paid once', () => {
  test('is sold on a page, and what was bought may be used for good', async () => {
    const user = await stand.app.signUp();
    const { body, status } = await stand.post(user, '/billing/checkout', { price });
    expect(status).toBe(200);
    const { url } = body as { url: string };
    expect((await fetch(url, { method: 'POST', redirect: 'manual' })).status).toBe(303);
    expect(await stand.untilState(user, 'active')).toMatchObject({
      entitlements: [{ name: 'archive', provider: 'stripe', until: null }],
      purchases: [{ ...forGood, productId: price }],
    });
  });

  test('of several events in any order, each of them twice, one purchase comes', async () => {
    const user = await stand.app.signUp();
    await confused(4, () => bought(user));
    expect((await stand.untilState(user, 'active')).purchases).toMatchObject([forGood]);
  });

  test('waits for a bank that takes its time, and comes to nothing where it says no', async () => {
    const [paying, failing] = [await stand.app.signUp(), await stand.app.signUp()];
    const [paid, failed] = [
      await bought(paying, { pending: true }),
      await bought(failing, { pending: true }),
    ];
    for (const user of [paying, failing])
      expect((await stand.untilState(user, 'on-hold')).entitlements).toEqual([]);
    await stand.command('recover', paid);
    await stand.command('give-up', failed);
    expect((await stand.untilState(paying, 'active')).entitlements).toHaveLength(1);
    expect((await stand.untilState(failing, 'expired')).entitlements).toEqual([]);
  });
});

describe('what was paid once is lost', () => {
  test.each([
    ['by a refund', 'refund', {}, 'refunded'],
    ['by a dispute that was lost', 'dispute', { status: 'lost' }, 'revoked'],
  ])('%s', async (_how, command, more, state) => {
    const { user, which } = await buyer();
    await stand.command(command, { ...which, ...more });
    expect((await stand.untilState(user, state)).entitlements).toEqual([]);
  });

  test('also where word of the refund comes before that of the purchase', async () => {
    const user = await stand.app.signUp();
    await confused(5, async () => stand.command('refund', await bought(user)));
    const { entitlements, purchases } = await stand.untilState(user, 'refunded');
    expect([entitlements, purchases.length]).toEqual([[], 1]);
  });

  test('until it turns out that the refund did not get there', async () => {
    const { user, which } = await buyer();
    await stand.command('refund', which);
    await stand.untilState(user, 'refunded');
    await stand.command('fail-refund', which);
    await stand.untilState(user, 'active');
  });

  test('not by a dispute that is open or won', async () => {
    const { user, which } = await buyer();
    await stand.command('dispute', which);
    await stand.command('dispute', { ...which, status: 'won' });
    await stand.untilTold('charge.dispute.closed');
    expect((await stand.app.mine(user.accessToken)).purchases).toMatchObject([forGood]);
  });
});

test('reconciliation finds what nobody told of, and what was refunded since', async () => {
  const admin = await stand.app.signUp({ role: 'admin' });
  const user = await stand.app.signUp();
  await stand.post(user, '/billing/checkout', { price });
  await stand.command('webhook', { lost: true });
  const which = await bought(user, { customer: await customerOf(user) });
  const compare = async () => {
    const path = `/admin/billing/customers/${user.userId}/reconcile`;
    const { body } = await stand.post(admin, path);
    return (body as { items: { outcome: string }[] }).items.map(({ outcome }) => outcome);
  };
  expect(await compare()).toEqual(['found']);
  expect(await stand.untilState(user, 'active')).toMatchObject({ purchases: [forGood] });
  await stand.command('refund', which);
  expect(await compare()).toEqual(['corrected']);
  await stand.untilState(user, 'refunded');
  expect(await compare()).toEqual(['same']);
});

async function customerOf({ userId }: TestUser): Promise<string> {
  const { rows } = await stand.app.kernel.db.asLogin((tx) =>
    tx.query<{ id: string }>('select customer_id as id from billing.customers where user_id = $1', [
      userId,
    ]),
  );
  return rows[0]?.id ?? '';
}
