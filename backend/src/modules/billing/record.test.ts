import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type BillingApp, startBillingApp } from './testing/app.ts';
import { inSeconds, truth } from './testing/truths.ts';
import type { PurchaseTruth } from './truth.ts';

let app: BillingApp;
let client: Client;

beforeAll(async () => {
  app = await startBillingApp();
  client = new Client({ connectionString: app.database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await app.stop();
});

const rows = async <R>(sql: string, ...values: unknown[]): Promise<R[]> =>
  (await client.query(sql, values)).rows as R[];

const historyOf = (key: string) =>
  rows<{ source: string; reference: string | null; before: string | null; after: string }>(
    `select h.source, h.reference, h.state_before as before, h.state_after as after, h.changes
     from billing.purchase_history h join billing.purchases p on p.id = h.purchase_id
     where p.key = $1 order by h.id`,
    key,
  );
const storedOf = async (key: string) =>
  (
    await rows<{ user_id: string | null; told_state: string; observed_at: Date }>(
      'select * from billing.purchases where key = $1',
      key,
    )
  )[0];

/** Looks until there are as many fraud signals of the purchase. */
async function signalsOf(key: string, times: number) {
  const giveUpAt = performance.now() + 5_000;
  for (;;) {
    const found = await rows<{ claimant_id: string; owner_id: string; times: number }>(
      `select f.* from billing.fraud_signals f join billing.purchases p on p.id = f.purchase_id
       where p.key = $1`,
      key,
    );
    if (found.reduce((sum, signal) => sum + signal.times, 0) >= times) return found;
    if (performance.now() > giveUpAt) throw new Error('there is no signal');
    await wait(20);
  }
}

/** Every order of these. */
function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    ordersOf(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

test('truths of one purchase lead to the newest in whatever order they come', async () => {
  const first = truth();
  const life: PurchaseTruth[] = [
    first,
    { ...first, autoRenews: false, observedAt: inSeconds(1) },
    { ...first, onHold: true, observedAt: inSeconds(2) },
    { ...first, refundedAt: new Date(), observedAt: inSeconds(3) },
  ];
  const ends = new Set<string | undefined>();
  for (const order of ordersOf(life)) {
    const key = `sub_${randomUUID()}`;
    for (const one of order) await app.record({ ...one, key });
    ends.add((await storedOf(key))?.told_state);
  }
  expect([...ends]).toEqual(['refunded']);
});

test('where the provider numbers its truths the number decides, whenever it was asked', async () => {
  const newer = truth({ version: 7, autoRenews: false });
  await app.record(newer);
  const { changed } = await app.record({
    ...newer,
    version: 6,
    autoRenews: true,
    observedAt: inSeconds(60),
  });
  expect(changed).toBe(false);
  expect((await storedOf(newer.key))?.told_state).toBe('cancelled');
});

test('the same truth fifty times at once is one change', async () => {
  const one = truth();
  const results = await Promise.all(Array.from({ length: 50 }, () => app.record(one)));
  expect(results.filter(({ changed }) => changed)).toHaveLength(1);
  expect(await historyOf(one.key)).toHaveLength(1);
});

test('what is confirmed later keeps out what was true in between', async () => {
  const running = truth({ observedAt: inSeconds(-20) });
  await app.record(running);
  expect(await app.record({ ...running, observedAt: inSeconds(0) })).toMatchObject({
    changed: false,
  });
  // Seen between the two, and late.
  const late = { ...running, onHold: true, observedAt: inSeconds(-10) };
  expect(await app.record(late)).toMatchObject({ changed: false });
  expect(await historyOf(running.key)).toHaveLength(1);
});

test('the history says what changed, why and from where', async () => {
  const first = truth();
  await app.record(first, { source: 'webhook', reference: 'evt_1' });
  await app.record(
    { ...first, refundedAt: new Date(), observedAt: inSeconds(1) },
    { source: 'reconciliation', reference: 'run 7' },
  );
  expect(await historyOf(first.key)).toMatchObject([
    { source: 'webhook', reference: 'evt_1', before: null, after: 'active' },
    {
      source: 'reconciliation',
      reference: 'run 7',
      before: 'active',
      after: 'refunded',
      changes: { refundedAt: [null, expect.any(String)] },
    },
  ]);
});

test('a purchase of somebody else stays theirs, and leaves a signal', async () => {
  const [owner, other] = [await app.signUp(), await app.signUp()];
  const bought = truth({ userId: owner.userId });
  await app.record(bought, { source: 'app', claimantId: owner.userId });
  const before = (await app.metric('bulwark_billing_fraud_signals_total')) ?? 0;
  for (const named of [owner.userId, null])
    expect(
      await app.record(
        { ...bought, userId: named, observedAt: inSeconds(1) },
        { source: 'app', claimantId: other.userId },
      ),
    ).toMatchObject({ changed: false, userId: owner.userId });
  expect(await signalsOf(bought.key, 2)).toMatchObject([
    { claimant_id: other.userId, owner_id: owner.userId, times: 2 },
  ]);
  await app.billing.close();
  expect(await app.metric('bulwark_billing_fraud_signals_total')).toBe(before + 2);
  expect(await storedOf(bought.key)).toMatchObject({
    user_id: owner.userId,
    told_state: 'active',
  });
});

test('what a provider reports under another name changes the purchase and not its owner', async () => {
  const [owner, other] = [await app.signUp(), await app.signUp()];
  const bought = truth({ userId: owner.userId });
  await app.record(bought);
  const refund = { refundedAt: new Date(), observedAt: inSeconds(1) };
  await app.record({ ...bought, userId: other.userId, ...refund });
  expect(await storedOf(bought.key)).toMatchObject({
    user_id: owner.userId,
    told_state: 'refunded',
  });
  expect(await signalsOf(bought.key, 1)).toHaveLength(1);
});

test('where a third one presents what the provider names another owner of, the signal is about them', async () => {
  const [owner, named, third] = [await app.signUp(), await app.signUp(), await app.signUp()];
  const bought = truth({ userId: owner.userId });
  await app.record(bought);
  const claim = { source: 'app', claimantId: third.userId } as const;
  await app.record({ ...bought, userId: named.userId, observedAt: inSeconds(1) }, claim);
  await app.billing.close();
  expect(await signalsOf(bought.key, 1)).toMatchObject([{ claimant_id: third.userId, times: 1 }]);
});

test('two who present one new purchase at once: one has it', async () => {
  const users = [await app.signUp(), await app.signUp()];
  const bought = truth();
  const outcomes = await Promise.all(
    users.map(({ userId: claimantId }) => app.record(bought, { source: 'app', claimantId })),
  );
  expect(outcomes.map(({ changed }) => changed).sort()).toEqual([false, true]);
  const owner = users[outcomes.findIndex(({ changed }) => changed)]?.userId;
  expect(new Set(outcomes.map(({ userId }) => userId))).toEqual(new Set([owner]));
  expect((await storedOf(bought.key))?.user_id).toBe(owner);
});

test.each([
  ['ended', { periodEndsAt: inSeconds(-1) }, 'second'],
  ['was given back', { refundedAt: inSeconds(-1) }, 'second'],
  ['is on hold', { onHold: true }, 'first'],
] as const)(
  'what %s, and was bought again in the name of another account',
  async (_name, fields, whose) => {
    const users = { first: await app.signUp(), second: await app.signUp() };
    const bought = truth({ userId: users.first.userId, ...fields, observedAt: inSeconds(-20) });
    await app.record(bought);
    const again = { ...truth(), key: bought.key, userId: users.second.userId };
    const { userId, difference } = await app.record(again);
    expect(userId).toBe(users[whose].userId);
    expect(difference?.changes.userId).toEqual(
      whose === 'first' ? undefined : [users.first.userId, userId],
    );
    // What was asked before that, and comes late, moves nothing back.
    await app.record({ ...bought, observedAt: inSeconds(-10) });
    expect((await storedOf(bought.key))?.user_id).toBe(userId);
    await signalsOf(bought.key, whose === 'first' ? 1 : 0);
  },
);

test('nobody’s purchase goes to whoever presents it, also where what they show is older', async () => {
  const { userId, accessToken } = await app.signUp();
  const unclaimed = truth();
  await app.record(unclaimed);
  expect(await app.mine(accessToken)).toMatchObject({ purchases: [] });
  const shown = { ...unclaimed, autoRenews: false, observedAt: inSeconds(-60) };
  const claim = { source: 'app', claimantId: userId } as const;
  expect(await app.record(shown, claim)).toMatchObject({ changed: true, userId });
  // The newer truth stays.
  expect(await app.mine(accessToken)).toMatchObject({ entitlements: [{ state: 'active' }] });
});

test('with its account a purchase loses its owner, and the next account can restore it', async () => {
  const [gone, next] = [await app.signUp(), await app.signUp()];
  const bought = truth({ userId: gone.userId });
  await app.record(bought);
  const auth = new Client({ connectionString: app.database.authUrl });
  await auth.connect();
  await auth.query('delete from auth.users where id = $1', [gone.userId]);
  await auth.end();
  expect((await storedOf(bought.key))?.user_id).toBeNull();
  // The provider still names the old account.
  expect(await app.record({ ...bought, observedAt: inSeconds(1) })).toMatchObject({
    changed: false,
    userId: null,
  });
  const restored = { ...bought, observedAt: inSeconds(2) };
  const claim = { source: 'app', claimantId: next.userId } as const;
  expect(await app.record(restored, claim)).toMatchObject({ userId: next.userId });
  // And that it goes on naming it is nobody's fraud.
  const before = (await app.metric('bulwark_billing_fraud_signals_total')) ?? 0;
  await app.record({ ...bought, autoRenews: false, observedAt: inSeconds(9) });
  await app.billing.close();
  expect((await app.metric('bulwark_billing_fraud_signals_total')) ?? 0).toBe(before);
});

test.each(['nobody', '0b0c5dd8-9f0d-4d4e-9f43-6f6a2f3f5a77'])(
  'a provider that names %s as the owner, who is none, is still believed in the rest',
  async (userId) => {
    const bought = truth({ userId });
    expect(await app.record(bought)).toMatchObject({ changed: true, userId: null });
    const refund = { refundedAt: new Date(), observedAt: inSeconds(1) };
    expect(await app.record({ ...bought, ...refund })).toMatchObject({
      changed: true,
      userId: null,
    });
  },
);

test('without the commit nothing is stored and nobody is told', async () => {
  const { userId, accessToken } = await app.signUp();
  const socket = await app.connect(accessToken);
  const told: unknown[] = [];
  socket.on('entitlements:changed', (message) => told.push(message));
  const never = truth({ userId });
  const failing = app.kernel.db.asService(async (tx) => {
    await app.billing.record(tx, never, { source: 'webhook' });
    throw new Error('something else went wrong');
  });
  await expect(failing).rejects.toThrow('something else went wrong');
  expect(await storedOf(never.key)).toBeUndefined();
  await app.record(truth({ userId }));
  const giveUpAt = performance.now() + 5_000;
  while (told.length === 0 && performance.now() < giveUpAt) await wait(20);
  expect(told).toMatchObject([{ purchases: [{ state: 'active' }] }]);
});

test.each(['authenticated', 'service_role', 'anon'])('%s cannot write a purchase', async (role) => {
  const one = truth();
  await app.record(one);
  await client.query('begin');
  await client.query(`set local role ${role}`);
  const writing = client.query("update billing.purchases set kind = 'one-time' where key = $1", [
    one.key,
  ]);
  await expect(writing).rejects.toMatchObject({ code: '42501' });
  await client.query('rollback');
});

test.each(['authenticated', 'anon'])('%s sees no fraud signals', async (role) => {
  await client.query('begin');
  await client.query(`set local role ${role}`);
  const reading = client.query('select from billing.fraud_signals');
  await expect(reading).rejects.toMatchObject({ code: '42501' });
  await client.query('rollback');
});
