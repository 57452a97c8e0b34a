import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import { vaultModule } from '../../../test/fixtures/vault-module.ts';
import { Joi, nullable, shape, uuid } from '../../kernel/schema/index.ts';
import { type BillingApp, startBillingApp } from './testing/app.ts';
import { inSeconds, truth } from './testing/truths.ts';

let app: BillingApp;
let neighbour: BillingApp;

beforeAll(async () => {
  const more = [vaultModule(() => undefined)];
  app = await startBillingApp({ more });
  neighbour = await startBillingApp({ more, stack: app.stack });
});
afterAll(async () => {
  await neighbour.stop();
  await app.stop();
});

const vault = async (token: string, server: BillingApp = app): Promise<number> =>
  (await server.request.get('/api/v1/vault').set('authorization', `Bearer ${token}`)).status;

const purchaseChanged = shape({
  purchaseId: uuid(),
  userId: nullable(uuid()),
  stateBefore: nullable(Joi.string()),
  state: Joi.string(),
});

interface Told {
  at: string;
  entitlements: { name: string; state: string; provider: string; until: string | null }[];
  purchases: { state: string; grants: boolean }[];
}
const nextOf = (socket: Socket): Promise<Told> =>
  new Promise((resolve) => {
    socket.once('entitlements:changed', resolve);
  });

test('whoever has bought nothing is told so, and may use nothing', async () => {
  const { accessToken } = await app.signUp();
  expect(await app.mine(accessToken)).toMatchObject({ entitlements: [], purchases: [] });
  expect(await vault(accessToken)).toBe(403);
});

test('a purchase opens HTTP and sockets of every process, and says what, why, until when and from whom', async () => {
  const { userId, accessToken } = await app.signUp();
  expect([await vault(accessToken), await vault(accessToken, neighbour)]).toEqual([403, 403]);
  const sockets = [await app.connect(accessToken), await neighbour.connect(accessToken)];
  const told = Promise.all(sockets.map(nextOf));
  const bought = truth({ userId });
  expect(await app.record(bought)).toMatchObject({ changed: true, userId });
  const expected = {
    entitlements: [
      {
        name: 'pro',
        state: 'active',
        product: { id: 'pro-monthly', title: 'Pro, monthly' },
        provider: 'stripe',
        until: bought.periodEndsAt?.toISOString(),
        renews: true,
        manageUrl: bought.manageUrl,
      },
    ],
  };
  expect(await app.mine(accessToken)).toMatchObject(expected);
  expect(await told).toMatchObject([expected, expected]);
  expect(await sockets[0]?.emitWithAck('vault:open', {})).toMatchObject({ ok: true });
  expect([await vault(accessToken), await vault(accessToken, neighbour)]).toEqual([204, 204]);
});

test('what ends by time alone ends at that time without any event, and the sockets are told', async () => {
  const { userId, accessToken } = await app.signUp();
  const socket = await neighbour.connect(accessToken);
  const ends = inSeconds(1.5);
  const begun = nextOf(socket);
  const published: object[] = [];
  const disposers = [app, neighbour].map(({ kernel }) =>
    kernel.events.subscribe('billing.purchase-changed', purchaseChanged, (change) => {
      if (change.userId === userId) published.push(change);
    }),
  );
  const { purchaseId } = await app.record(truth({ userId, autoRenews: false, periodEndsAt: ends }));
  expect((await begun).entitlements).toMatchObject([{ name: 'pro', state: 'cancelled' }]);
  expect(await vault(accessToken)).toBe(204);
  const ended = await nextOf(socket);
  expect(ended.entitlements).toEqual([]);
  expect(ended.purchases).toMatchObject([{ state: 'expired', grants: false }]);
  expect(Date.parse(ended.at) - ends.getTime()).toBeGreaterThanOrEqual(0);
  expect(Date.parse(ended.at) - ends.getTime()).toBeLessThan(2_000);
  expect(await vault(accessToken)).toBe(403);
  // By one of the two processes.
  const { rows } = await app.kernel.db.asLogin((tx) =>
    tx.query(
      `select source, state_before as before, state_after as after from billing.purchase_history
       where purchase_id = $1 order by id`,
      [purchaseId],
    ),
  );
  expect(rows).toEqual([
    { source: 'webhook', before: null, after: 'cancelled' },
    { source: 'time', before: 'cancelled', after: 'expired' },
  ]);
  for (const dispose of disposers) dispose();
  expect(published).toEqual([
    { purchaseId, userId, stateBefore: null, state: 'cancelled' },
    { purchaseId, userId, stateBefore: 'cancelled', state: 'expired' },
  ]);
});

test('of several purchases the best counts, whoever sold them', async () => {
  const { userId, accessToken } = await app.signUp();
  const names = async () =>
    ((await app.mine(accessToken)) as unknown as Told).entitlements.map(
      ({ name, provider, state }) => `${name} ${provider} ${state}`,
    );
  const apple = { provider: 'apple', productId: 'test.bulwark.pro.monthly' } as const;
  const cancelled = truth({ userId, ...apple, autoRenews: false });
  await app.record(cancelled);
  await app.record(truth({ userId, onHold: true }));
  expect(await names()).toEqual(['pro apple cancelled']);
  // One that renews is better than one that ends later.
  const google = truth({
    userId,
    provider: 'google',
    productId: 'pro_monthly_old',
    periodEndsAt: inSeconds(60),
  });
  await app.record(google);
  expect(await names()).toEqual(['pro google active']);
  const forGood = truth({
    userId,
    kind: 'one-time',
    productId: 'price_all',
    autoRenews: false,
    periodEndsAt: null,
  });
  await app.record(forGood);
  expect(await names()).toEqual(['archive stripe active', 'pro stripe active']);
  await app.record({ ...forGood, refundedAt: new Date(), observedAt: new Date() });
  expect(await names()).toEqual(['pro google active']);
  await app.record({ ...google, revokedAt: new Date(), observedAt: new Date() });
  expect(await names()).toEqual(['pro apple cancelled']);
});

test('what nobody sells any more gives nothing and is still shown', async () => {
  const { userId, accessToken } = await app.signUp();
  await app.record(truth({ userId, productId: 'price_of_old' }));
  expect(await app.mine(accessToken)).toMatchObject({
    entitlements: [],
    purchases: [{ productId: 'price_of_old', product: null, state: 'active', grants: false }],
  });
});

test('users see their own purchases only, whatever they ask the database', async () => {
  const [owner, other] = [await app.signUp(), await app.signUp()];
  await app.record(truth({ userId: owner.userId }));
  expect(await app.mine(other.accessToken)).toMatchObject({ entitlements: [], purchases: [] });
});
