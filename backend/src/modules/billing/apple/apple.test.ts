import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startAppleStand, type AppleStand } from '../testing/apple-stand.ts';

let stand: AppleStand;
beforeAll(async () => {
  stand = await startAppleStand();
});
afterEach(async () => {
  stand.sandbox.heal('apple');
  await stand.app.kernel.admin.providers.reset('apple-sandbox');
  await stand.app.kernel.admin.providers.reset('apple');
  await stand.command('webhook');
});
afterAll(() => stand.stop());

const silently = async <T>(work: () => Promise<T>): Promise<T> => {
  await stand.command('webhook', { lost: true });
  const result = await work();
  await stand.command('webhook');
  return result;
};
const historyOf = async (key: string) => {
  const { rows } = await stand.app.kernel.db.asLogin((tx) =>
    tx.query<{ source: string; reference: string }>(
      `select h.source, h.reference from billing.purchase_history h
       join billing.purchases p on p.id = h.purchase_id where p.key = $1 order by h.id`,
      [key],
    ),
  );
  return rows;
};

describe('an app presents what its user has bought', () => {
  test('and they have it, however often it comes', async () => {
    const user = await stand.app.signUp();
    const bought = await silently(() => stand.buy(user));
    const answers = [
      await stand.present(user, bought.signedTransaction),
      ...(await Promise.all([1, 2, 3].map(() => stand.present(user, bought.signedTransaction)))),
    ];
    for (const { status, body } of answers)
      expect([status, body]).toMatchObject([
        200,
        {
          purchase: { provider: 'apple', productId: 'sandbox.pro.monthly', state: 'active' },
          entitlements: [{ name: 'pro', provider: 'apple', renews: true }],
        },
      ]);
    expect(new Set(answers.map(({ body }) => idOf(body))).size).toBe(1);
    expect(await historyOf(bought.transaction)).toEqual([
      { source: 'app', reference: bought.transactionId },
    ]);
  });

  test('for good', async () => {
    const user = await stand.app.signUp();
    const bought = await silently(() => stand.buy(user, { product: 'sandbox.archive' }));
    expect((await stand.present(user, bought.signedTransaction)).body).toMatchObject({
      purchase: { kind: 'one-time', state: 'active', until: null, renews: false },
      entitlements: [{ name: 'archive' }],
    });
  });

  test('that names no account, and it is theirs who comes first', async () => {
    const [first, second] = [await stand.app.signUp(), await stand.app.signUp()];
    const { signedTransaction } = await silently(() => stand.buy(undefined));
    expect((await stand.present(first, signedTransaction)).status).toBe(200);
    expect(await stand.present(second, signedTransaction)).toMatchObject({
      status: 409,
      body: { error: 'PURCHASE_OWNED' },
    });
    expect((await stand.app.mine(second.accessToken)).purchases).toEqual([]);
  });

  test('that names another’s account, which then has it', async () => {
    const [owner, thief] = [await stand.app.signUp(), await stand.app.signUp()];
    const { signedTransaction } = await silently(() => stand.buy(owner));
    expect(await stand.present(thief, signedTransaction)).toMatchObject({
      status: 409,
      body: { error: 'PURCHASE_OWNED' },
    });
    await stand.untilState(owner, 'active');
    expect((await stand.app.mine(thief.accessToken)).purchases).toEqual([]);
    await untilSignals(thief.userId, 1);
  });

  test('that names an account that is gone, and it can be restored', async () => {
    const user = await stand.app.signUp();
    const { signedTransaction } = await silently(() =>
      stand.buy(undefined, { userId: 'b8f2b2b4-4c5e-4a53-9d4e-6f0f3f1f0001' }),
    );
    expect((await stand.present(user, signedTransaction)).status).toBe(200);
  });

  test('and what it was when it was signed does not count, but what it is', async () => {
    const user = await stand.app.signUp();
    const { transaction, signedTransaction } = await silently(async () => {
      const bought = await stand.buy(user);
      await stand.command('refund', { transaction: bought.transaction });
      return bought;
    });
    expect((await stand.present(user, signedTransaction)).body).toMatchObject({
      purchase: { state: 'refunded', grants: false },
      entitlements: [],
    });
    expect(transaction).toMatch(/^\d+$/);
  });

  test('while Apple fails for a moment, and it is asked three times', async () => {
    const user = await stand.app.signUp();
    const { signedTransaction } = await silently(() => stand.buy(user));
    stand.sandbox.provider('apple').log.clear();
    stand.sandbox.misbehave('apple', { status: 500, forNext: 2 });
    expect((await stand.present(user, signedTransaction)).status).toBe(200);
    expect(stand.sandbox.calls('apple').map(({ status }) => status)).toEqual([500, 500, 200]);
  });

  test('while Apple is away, and is told to come again', async () => {
    const user = await stand.app.signUp();
    const { signedTransaction } = await silently(() => stand.buy(user));
    stand.sandbox.provider('apple').log.clear();
    stand.sandbox.misbehave('apple', { status: 503 });
    expect(await stand.present(user, signedTransaction)).toMatchObject({
      status: 503,
      body: { error: 'UPSTREAM_UNAVAILABLE' },
    });
    expect(stand.sandbox.calls('apple')).toHaveLength(3);
    expect((await stand.app.mine(user.accessToken)).purchases).toEqual([]);
  });

  test('and what will not pass is not asked again', async () => {
    const user = await stand.app.signUp();
    const { signedTransaction } = await silently(() => stand.buy(user));
    stand.sandbox.provider('apple').log.clear();
    stand.sandbox.misbehave('apple', { status: 403 });
    expect(await stand.present(user, signedTransaction)).toMatchObject({
      status: 502,
      body: { error: 'UPSTREAM_REJECTED' },
    });
    expect(stand.sandbox.calls('apple')).toHaveLength(1);
  });

  test('all at once, to restore it', async () => {
    const [user, other] = [await stand.app.signUp(), await stand.app.signUp()];
    const [pro, archive, others] = await silently(async () => [
      await stand.buy(user),
      await stand.buy(user, { product: 'sandbox.archive' }),
      await stand.buy(other),
    ]);
    const signedTransactions = [pro, others, archive].map((each) => each.signedTransaction);
    expect(
      await stand.post(user, '/purchases/apple/restore', {
        signedTransactions: [...signedTransactions, 'eyJ.eyJ.no'],
      }),
    ).toMatchObject({
      status: 200,
      body: {
        results: [
          { purchase: { productId: 'sandbox.pro.monthly' }, error: null },
          { purchase: null, error: 'PURCHASE_OWNED' },
          { purchase: { productId: 'sandbox.archive' }, error: null },
          { purchase: null, error: 'PURCHASE_INVALID' },
        ],
        entitlements: [{ name: 'archive' }, { name: 'pro' }],
      },
    });
  });
});

describe('what becomes of a subscription is followed', () => {
  test.each<[string, object, string]>([
    ['cancel', {}, 'cancelled'],
    ['fail-card', { graceSeconds: 3_600 }, 'grace'],
    ['fail-card', { graceSeconds: 0 }, 'on-hold'],
    ['expire', {}, 'expired'],
    ['refund', {}, 'refunded'],
    ['revoke', {}, 'revoked'],
  ])('%s %j', async (name, more, state) => {
    const user = await stand.app.signUp();
    const { transaction } = await stand.buy(user);
    await stand.untilState(user, 'active');
    await stand.command(name, { transaction, ...more });
    await stand.untilState(user, state);
  });

  test.each([
    ['cancel', 'cancelled', 'resume'],
    ['fail-card', 'grace', 'recover'],
    ['refund', 'refunded', 'reverse-refund'],
  ])('%s and back', async (name, state, back) => {
    const user = await stand.app.signUp();
    const { transaction } = await stand.buy(user);
    await stand.command(name, { transaction });
    await stand.untilState(user, state);
    await stand.command(back, { transaction });
    await stand.untilState(user, 'active');
  });

  test('an upgrade is another product of the same purchase', async () => {
    const user = await stand.app.signUp();
    const { transaction } = await stand.buy(user);
    await stand.untilState(user, 'active');
    await stand.command('upgrade', { transaction, product: 'sandbox.team.monthly' });
    const { purchases } = await stand.until(user, ({ entitlements }) => entitlements.length === 2);
    expect(purchases).toMatchObject([{ productId: 'sandbox.team.monthly' }]);
  });

  test('by the clock: renewed each month, and over when it was cancelled', async () => {
    const [going, ending] = [await stand.app.signUp(), await stand.app.signUp()];
    await stand.buy(going);
    const { transaction } = await stand.buy(ending);
    await stand.command('cancel', { transaction });
    await stand.untilState(ending, 'cancelled');
    await stand.untilState(going, 'active');
    await stand.command('clock', { advanceSeconds: 45 * 86_400 });
    await stand.untilState(ending, 'expired');
    const { entitlements } = await stand.untilState(going, 'active');
    expect(Date.parse(entitlements[0]?.until ?? '')).toBeGreaterThan(Date.now());
  });

  test('in whatever order and number the notifications come', async () => {
    const user = await stand.app.signUp();
    const { transaction } = await stand.buy(user);
    await stand.untilState(user, 'active');
    await stand.command('webhook', { reverse: 4, copies: 3 });
    await stand.command('cancel', { transaction });
    await stand.command('fail-card', { transaction });
    await stand.command('recover', { transaction });
    await stand.command('cancel', { transaction });
    await stand.untilState(user, 'cancelled');
  });

  test('after an Apple that was away', async () => {
    const user = await stand.app.signUp();
    const { transaction } = await stand.buy(user);
    await stand.untilState(user, 'active');
    stand.sandbox.misbehave('apple', { status: 500, forNext: 2 });
    await stand.command('cancel', { transaction });
    await stand.untilState(user, 'cancelled');
  });

  test('and where notifications were lost, reconciliation mends it', async () => {
    const [user, operator] = [await stand.app.signUp(), await stand.app.signUp({ role: 'admin' })];
    const [pro, archive] = [
      await stand.buy(user),
      await stand.buy(user, { product: 'sandbox.archive' }),
    ];
    await stand.until(user, ({ entitlements }) => entitlements.length === 2);
    await silently(async () => {
      await stand.command('cancel', { transaction: pro.transaction });
      await stand.command('refund', { transaction: archive.transaction });
    });
    const compare = () =>
      stand.post(operator, `/admin/billing/customers/${user.userId}/reconcile`, {});
    expect((await compare()).body).toMatchObject({
      run: { status: 'completed', checked: 2, corrected: 2 },
    });
    const { purchases } = await stand.untilState(user, 'cancelled');
    expect(purchases[1]?.state).toBe('refunded');
    expect((await compare()).body).toMatchObject({ run: { checked: 2, corrected: 0 } });
  });

  test('and whoever asks for what Apple does not know is told so', async () => {
    const provider = stand.app.providers.find(({ name }) => name === 'apple');
    for (const key of ['1', '../x', ''])
      expect(await provider?.fetch(key, AbortSignal.timeout(10_000))).toBeUndefined();
  });
});

async function untilSignals(claimant: string, times: number): Promise<void> {
  const giveUpAt = performance.now() + 5_000;
  for (;;) {
    const { rows } = await stand.app.kernel.db.asLogin((tx) =>
      tx.query<{ times: number }>(
        'select times from billing.fraud_signals where claimant_id = $1',
        [claimant],
      ),
    );
    if ((rows[0]?.times ?? 0) >= times) return;
    if (performance.now() > giveUpAt) throw new Error('there is no signal');
    await wait(20);
  }
}

const idOf = (body: unknown): string => (body as { purchase: { id: string } }).purchase.id;
