import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestUser } from '../../../../test/support/users.ts';
import { startAppleStand, type AppleStand, type Bought } from '../testing/apple-stand.ts';

let stand: AppleStand;
beforeAll(async () => {
  stand = await startAppleStand();
});
afterAll(() => stand.stop());

const claimants = async (): Promise<string[]> => {
  await stand.app.billing.close();
  const { rows } = await stand.app.kernel.db.asLogin((tx) =>
    tx.query<{ id: string }>('select claimant_id as id from billing.fraud_signals'),
  );
  return rows.map(({ id }) => id);
};

test.each(['expire', 'refund'])(
  'after %s another account of the device buys again under one Apple ID, and has it',
  async (name) => {
    const [first, second] = [await stand.app.signUp(), await stand.app.signUp()];
    const account = `the Apple ID of ${first.userId}`;
    const bought = await stand.buy(first, { account });
    await stand.untilState(first, 'active');
    await stand.command(name, { transaction: bought.transaction });
    await stand.until(first, ({ entitlements }) => entitlements.length === 0);
    const again = await stand.buy(second, { account });
    // Apple goes on with the purchase that it knows.
    expect(again.transaction).toBe(bought.transaction);
    await stand.untilState(second, 'active');
    await expectToBe(second, again);
    expect((await stand.app.mine(first.accessToken)).purchases).toEqual([]);
    expect(await claimants()).not.toContain(second.userId);
    // Now it is the second one's as anything is.
    expect(await stand.present(first, again.signedTransaction)).toMatchObject({
      status: 409,
      body: { error: 'PURCHASE_OWNED' },
    });
    expect(await claimants()).toContain(first.userId);
    await expectToBe(second, again);
  },
);

async function expectToBe(user: TestUser, { signedTransaction }: Bought): Promise<void> {
  expect(await stand.present(user, signedTransaction)).toMatchObject({
    status: 200,
    body: { purchase: { state: 'active' }, entitlements: [{ name: 'pro' }] },
  });
}
