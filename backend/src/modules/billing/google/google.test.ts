import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestUser } from '../../../../test/support/users.ts';
import { startGoogleStand, type Bought, type GoogleStand } from '../testing/google-stand.ts';

let stand: GoogleStand;
beforeAll(async () => {
  stand = await startGoogleStand();
});
afterEach(async () => {
  stand.sandbox.heal('google');
  await stand.app.kernel.admin.providers.reset('google-play');
  await stand.command('webhook');
});
afterAll(() => stand.stop());

const keyOf = ({ purchaseToken }: Bought) =>
  createHash('sha256').update(purchaseToken).digest('hex');
const rowsOf = async (bought: Bought) => {
  const { rows } = await stand.app.kernel.db.asLogin((tx) =>
    tx.query<{ told_state: string; user_id: string; environment: string }>(
      'select * from billing.purchases where key = $1',
      [keyOf(bought)],
    ),
  );
  return rows;
};

describe('an app presents what its user has bought', () => {
  test('and they have it, however often it comes, and Google is told', async () => {
    const user = await stand.app.signUp();
    const bought = await stand.silently(() => stand.buy(user));
    const answers = [
      await stand.present(user, bought),
      ...(await Promise.all([1, 2, 3].map(() => stand.present(user, bought)))),
    ];
    for (const { status, body } of answers)
      expect([status, body]).toMatchObject([
        200,
        {
          purchase: {
            provider: 'google',
            productId: 'sandbox_pro_monthly',
            state: 'active',
            environment: 'sandbox',
            renews: true,
          },
          entitlements: [{ name: 'pro', provider: 'google' }],
        },
      ]);
    await stand.untilAcknowledged(bought);
    expect(await rowsOf(bought)).toHaveLength(1);
  });

  test('for good', async () => {
    const user = await stand.app.signUp();
    const bought = await stand.silently(() => stand.buy(user, { product: 'sandbox_archive' }));
    const { body } = await stand.present(user, bought, { productId: 'sandbox_archive' });
    expect(body).toMatchObject({
      purchase: { kind: 'one-time', state: 'active', until: null },
      entitlements: [{ name: 'archive' }],
    });
    await stand.untilAcknowledged(bought);
  });

  test('which is another user’s', async () => {
    const [owner, other] = [await stand.app.signUp(), await stand.app.signUp()];
    const nobodys = await stand.silently(() => stand.buy(undefined));
    expect((await stand.present(owner, nobodys)).status).toBe(200);
    const owned = { status: 409, body: { error: 'PURCHASE_OWNED' } };
    expect(await stand.present(other, nobodys)).toMatchObject(owned);
    const owners = await stand.silently(() => stand.buy(owner));
    expect(await stand.present(other, owners)).toMatchObject(owned);
    expect(await rowsOf(owners)).toMatchObject([{ user_id: owner.userId }]);
  });

  test.each([
    ['that Google does not know', (bought: Bought) => ({ ...bought, purchaseToken: 'a.AO-J1b' })],
    ['that is none', (bought: Bought) => ({ ...bought, purchaseToken: 'none' })],
    ['of the other kind', (bought: Bought) => ({ ...bought, kind: 'one-time' as const })],
  ])('a token %s', async (_name, made) => {
    const user = await stand.app.signUp();
    const wrong = made(await stand.silently(() => stand.buy(user)));
    expect(await stand.present(user, wrong)).toMatchObject({
      status: 422,
      body: { error: 'PURCHASE_INVALID' },
    });
    expect(await rowsOf(wrong)).toEqual([]);
  });

  test('as another product', async () => {
    const user = await stand.app.signUp();
    const bought = await stand.silently(() => stand.buy(user));
    const { status } = await stand.present(user, bought, { productId: 'sandbox_pro_yearly' });
    expect(status).toBe(422);
  });

  test('while Google fails once, and all the time', async () => {
    const user = await stand.app.signUp();
    const bought = await stand.silently(() => stand.buy(user));
    stand.sandbox.misbehave('google', { status: 503, forNext: 1 });
    expect((await stand.present(user, bought)).status).toBe(200);
    stand.sandbox.misbehave('google', { status: 403 });
    expect(await stand.present(user, bought)).toMatchObject({
      status: 502,
      body: { error: 'UPSTREAM_REJECTED' },
    });
  });

  test('all of it, to restore', async () => {
    const [user, other] = [await stand.app.signUp(), await stand.app.signUp()];
    const [mine, others] = await stand.silently(() =>
      Promise.all([stand.buy(user), stand.buy(other)]),
    );
    const purchases = [mine, others].map(({ purchaseToken, kind }) => ({ purchaseToken, kind }));
    const { body } = await stand.post(user, '/purchases/google/restore', { purchases });
    expect(body).toMatchObject({
      results: [
        { purchase: { productId: 'sandbox_pro_monthly' }, error: null },
        { purchase: null, error: 'PURCHASE_OWNED' },
      ],
    });
  });
});

describe('what becomes of a purchase is followed', () => {
  const bought = async (more: object = {}): Promise<[TestUser, Bought]> => {
    const user = await stand.app.signUp();
    const made = await stand.buy(user, more);
    await stand.untilState(user, 'active');
    return [user, made];
  };

  test.each([
    ['cancel', {}, 'cancelled'],
    ['fail-card', {}, 'grace'],
    ['fail-card', { graceSeconds: 0 }, 'on-hold'],
    ['pause', {}, 'paused'],
    ['refund', {}, 'refunded'],
    ['revoke', {}, 'refunded'],
  ])('%s %j', async (name, more, state) => {
    const [user, made] = await bought();
    await stand.do(name, made, more);
    await stand.untilState(user, state);
  });

  test.each([
    ['fail-card', 'grace', 'recover'],
    ['hold', 'on-hold', 'recover'],
    ['pause', 'paused', 'resume'],
    ['cancel', 'cancelled', 'resume'],
    ['refund', 'refunded', 'renew'],
  ])('%s, and then active again', async (name, state, back) => {
    const [user, made] = await bought();
    await stand.do(name, made);
    await stand.untilState(user, state);
    await stand.do(back, made);
    await stand.untilState(user, 'active');
  });

  test('a payment that is pending gives nothing until it is there, and is not acknowledged before', async () => {
    const user = await stand.app.signUp();
    const made = await stand.buy(user, { pending: true });
    expect((await stand.present(user, made)).body).toMatchObject({
      purchase: { state: 'on-hold', grants: false },
    });
    await stand.do('pay', made);
    await stand.untilState(user, 'active');
    await stand.untilAcknowledged(made);
    const given = await stand.buy(user, { pending: true });
    await stand.present(user, given);
    await stand.do('give-up', given);
    await stand.until(user, ({ purchases }) => purchases[1]?.state === 'expired');
  });

  test('what is bought for good, and given back', async () => {
    const [user, made] = await bought({ product: 'sandbox_archive' });
    await stand.do('revoke', made);
    await stand.untilState(user, 'refunded');
  });

  test('an upgrade takes the place of what was there, and names nobody', async () => {
    const user = await stand.app.signUp();
    const made = await stand.buy(undefined);
    await stand.present(user, made);
    const next = await stand.do('upgrade', made, { product: 'sandbox_team_monthly' });
    const { purchases } = await stand.until(user, (mine) => mine.purchases.length === 2);
    expect(purchases).toMatchObject([
      { productId: 'sandbox_pro_monthly', state: 'revoked' },
      { productId: 'sandbox_team_monthly', state: 'active' },
    ]);
    await stand.untilAcknowledged(next);
  });

  test('in whatever order and number the notifications come', async () => {
    const [user, made] = await bought();
    await stand.command('webhook', { reverse: 4, copies: 3 });
    for (const name of ['cancel', 'resume', 'pause', 'resume']) await stand.do(name, made);
    await stand.untilState(user, 'active');
    await stand.do('cancel', made);
    await stand.command('webhook');
    await stand.untilState(user, 'cancelled');
  });

  test('and the clock brings renewals and ends', async () => {
    const [user, made] = await bought({ periodSeconds: 3_600 });
    await stand.untilAcknowledged(made);
    await stand.command('clock', { advanceSeconds: 4_000 });
    await stand.untilState(user, 'active');
    await stand.do('cancel', made);
    await stand.untilState(user, 'cancelled');
    await stand.command('clock', { advanceSeconds: 4_000 });
    await stand.untilState(user, 'expired');
  });

  test('and asking for one says the same', async () => {
    const [, made] = await bought();
    const provider = stand.app.providers.find(({ name }) => name === 'google');
    const signal = new AbortController().signal;
    expect(await provider?.fetch(keyOf(made), signal)).toMatchObject({ key: keyOf(made) });
    expect(await provider?.fetch('0'.repeat(64), signal)).toBeUndefined();
  });
});

test('a purchase token is in its own table, which users do not read, and nowhere else', async () => {
  const user = await stand.app.signUp();
  const made = await stand.buy(user);
  await stand.untilState(user, 'active');
  await stand.present(user, made);
  await stand.untilAcknowledged(made);
  // Also where Google’s answer makes no sense.
  stand.sandbox.misbehave('google', { garbage: true });
  await stand.present(user, made);
  const { db } = stand.app.kernel;
  const { rows } = await db.asLogin((tx) =>
    tx.query<{ place: string; found: boolean }>(
      `select 'inbox' as place, exists (select from bulwark.webhook_events e where e::text like $1) as found
       union all select 'jobs', exists (select from pgboss.job j where j::text like $1)
       union all select 'history', exists (select from billing.purchase_history h where h::text like $1)
       union all select 'purchases', exists (select from billing.purchases p where p::text like $1)
       union all select 'tokens', exists (select from billing.google_tokens t where t::text like $1)`,
      [`%${made.purchaseToken}%`],
    ),
  );
  expect(rows.filter(({ found }) => found).map(({ place }) => place)).toEqual(['tokens']);
  expect(JSON.stringify(stand.app.logLines)).not.toContain(made.purchaseToken.slice(30));
  await expect(
    db.asLogin(async (tx) => {
      await tx.query('set local role authenticated');
      return tx.query('select * from billing.google_tokens');
    }),
  ).rejects.toMatchObject({ code: 'FORBIDDEN' });
});
