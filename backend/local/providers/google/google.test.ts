import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { newServiceAccount } from './identity.ts';
import {
  archive,
  type Bought,
  type Caller,
  moment,
  monthly,
  refusal,
  startCaller,
} from './testing/caller.ts';

let google: Caller;

beforeAll(async () => {
  google = await startCaller();
});
afterEach(() => {
  google.sandbox.heal('google');
});
afterAll(() => google.sandbox.close());

describe('a service account', () => {
  test('has an access token for an assertion that it signed', async () => {
    expect(await google.exchanged(await google.assertion())).toEqual({
      status: 200,
      body: {
        access_token: expect.stringMatching(/^ya29\./),
        expires_in: 3_599,
        token_type: 'Bearer',
      },
    });
  });

  test.each([
    ['of another account', { iss: 'somebody@else.iam.gserviceaccount.com' }],
    ['for another scope', { scope: 'https://www.googleapis.com/auth/drive' }],
    ['for another endpoint', { aud: 'https://oauth2.example/token' }],
    ['that lasts too long', { exp: Math.floor(Date.now() / 1_000) + 7_200 }],
    ['that has ended', { iat: 1_700_000_000, exp: 1_700_003_600 }],
  ])('has none for an assertion %s', async (_name, claims) => {
    expect(await google.exchanged(await google.assertion(claims))).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });

  test('has none for an assertion by another key', async () => {
    const other = JSON.parse(newServiceAccount('')) as { private_key: string };
    expect(await google.exchanged(await google.assertion({}, other.private_key))).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' },
    });
  });

  test('is let in nowhere without it', async () => {
    const { purchaseToken } = await google.buy();
    const path = `purchases/subscriptionsv2/tokens/${purchaseToken}`;
    for (const authorization of ['', 'Bearer ya29.nothing'])
      expect(await google.call('GET', path, { authorization })).toEqual(
        refusal(401, 'UNAUTHENTICATED'),
      );
  });
});

describe('a purchase is answered', () => {
  test('as SubscriptionPurchaseV2', async () => {
    const userId = randomUUID();
    const bought = await google.buy({ userId });
    const { status, body } = await google.subscription(bought);
    expect([status, body]).toEqual([
      200,
      {
        kind: 'androidpublisher#subscriptionPurchaseV2',
        regionCode: 'US',
        subscriptionState: 'SUBSCRIPTION_STATE_ACTIVE',
        latestOrderId: bought.order,
        startTime: moment,
        testPurchase: {},
        externalAccountIdentifiers: { obfuscatedExternalAccountId: userId },
        acknowledgementState: 'ACKNOWLEDGEMENT_STATE_PENDING',
        lineItems: [
          {
            productId: monthly,
            expiryTime: moment,
            latestSuccessfulOrderId: bought.order,
            autoRenewingPlan: { autoRenewEnabled: true },
            offerDetails: { basePlanId: 'base' },
          },
        ],
      },
    ]);
    const [item] = body.lineItems as { expiryTime: string }[];
    const lastsMs = Date.parse(item?.expiryTime ?? '') - Date.parse(String(body.startTime));
    expect(Math.round(lastsMs / 86_400_000)).toBe(30);
  });

  test('as ProductPurchaseV2', async () => {
    const bought = await google.buy({ product: archive, test: false });
    expect(await google.product(bought)).toEqual({
      status: 200,
      body: {
        kind: 'androidpublisher#productPurchaseV2',
        regionCode: 'US',
        orderId: bought.order,
        productLineItem: [
          {
            productId: archive,
            productOfferDetails: {
              quantity: 1,
              consumptionState: 'CONSUMPTION_STATE_YET_TO_BE_CONSUMED',
            },
          },
        ],
        purchaseStateContext: { purchaseState: 'PURCHASED' },
        purchaseCompletionTime: moment,
        acknowledgementState: 'ACKNOWLEDGEMENT_STATE_PENDING',
      },
    });
    await google.act('revoke', bought);
    expect((await google.product(bought)).body.purchaseStateContext).toEqual({
      purchaseState: 'CANCELLED',
    });
  });

  test('as Order, which says when the money went back', async () => {
    const bought = await google.buy();
    expect(await google.order(bought)).toMatchObject({
      status: 200,
      body: {
        orderId: bought.order,
        purchaseToken: bought.purchaseToken,
        state: 'PROCESSED',
        createTime: moment,
        orderHistory: { processedEvent: { eventTime: moment } },
      },
    });
    await google.act('refund', bought);
    expect((await google.order(bought)).body).toMatchObject({
      state: 'REFUNDED',
      lastEventTime: moment,
      orderHistory: { refundEvent: { eventTime: moment, refundReason: 'OTHER' } },
    });
    expect(await google.stateOf(bought)).toBe('ACTIVE');
  });

  test('in each of Google’s states', async () => {
    const bought = await google.buy();
    const after = async (name: string, more: object = {}) => {
      await google.act(name, bought, more);
      return google.stateOf(bought);
    };
    expect(await after('fail-card')).toBe('IN_GRACE_PERIOD');
    expect(await after('recover')).toBe('ACTIVE');
    expect(await after('fail-card', { graceSeconds: 0 })).toBe('ON_HOLD');
    expect(await after('recover')).toBe('ACTIVE');
    expect(await after('pause')).toBe('PAUSED');
    const { body } = await google.subscription(bought);
    expect(body.pausedStateContext).toEqual({ autoResumeTime: moment });
    expect(await after('resume')).toBe('ACTIVE');
    expect(await after('cancel')).toBe('CANCELED');
    expect(await after('revoke')).toBe('EXPIRED');
    const pending = await google.buy({ pending: true });
    expect(await google.stateOf(pending)).toBe('PENDING');
    expect((await google.subscription(pending)).body).not.toHaveProperty('startTime');
    await google.act('give-up', pending);
    expect(await google.stateOf(pending)).toBe('PENDING_PURCHASE_CANCELED');
  });

  test('as another one that names it, where it was upgraded', async () => {
    const bought = await google.buy();
    const next = await google.act('upgrade', bought, { product: 'sandbox_team_monthly' });
    expect(await google.stateOf(bought)).toBe('EXPIRED');
    expect((await google.subscription(next)).body).toMatchObject({
      linkedPurchaseToken: bought.purchaseToken,
      lineItems: [{ productId: 'sandbox_team_monthly' }],
    });
  });

  test('only where it is there: by its token, its kind and its app', async () => {
    const bought = await google.buy();
    const { purchaseToken } = bought;
    const notFound = refusal(404, 'NOT_FOUND');
    expect(await google.subscription({ purchaseToken: 'a.AO-J1Obc' })).toEqual(notFound);
    expect(await google.subscription({ purchaseToken: 'nonsense' })).toEqual(
      refusal(400, 'INVALID_ARGUMENT'),
    );
    expect(await google.product(bought)).toEqual(notFound);
    expect(await google.order({ order: 'GPA.0' })).toEqual(notFound);
    const path = `purchases/subscriptionsv2/tokens/${purchaseToken}`;
    expect(await google.call('GET', path, { app: 'com.example.other' })).toEqual(notFound);
  });
});

describe('a purchase is acknowledged', () => {
  test.each(['subscriptions', 'products'])('among %s, twice as once', async (collection) => {
    const isOnce = collection === 'products';
    const product = isOnce ? archive : monthly;
    const bought = await google.buy({ product });
    for (const time of [1, 2])
      expect([time, (await google.acknowledge(collection, product, bought)).status]).toEqual([
        time,
        204,
      ]);
    const { body } = await (isOnce ? google.product(bought) : google.subscription(bought));
    expect(body.acknowledgementState).toBe('ACKNOWLEDGEMENT_STATE_ACKNOWLEDGED');
  });

  test('not as another product, as what it is not, or before it is paid', async () => {
    const bought = await google.buy();
    const refused = refusal(400, 'INVALID_ARGUMENT');
    expect(await google.acknowledge('subscriptions', archive, bought)).toEqual(refused);
    expect(await google.acknowledge('products', monthly, bought)).toEqual(
      refusal(404, 'NOT_FOUND'),
    );
    const pending = await google.buy({ pending: true });
    expect(await google.acknowledge('subscriptions', monthly, pending)).toEqual(refused);
    await google.act('pay', pending);
    expect((await google.acknowledge('subscriptions', monthly, pending)).status).toBe(204);
  });

  test('or goes back after three days', async () => {
    const [kept, forgotten] = [await google.buy(), await google.buy()];
    await google.acknowledge('subscriptions', monthly, kept);
    await google.command('clock', { advanceSeconds: 3 * 86_400 + 1 });
    expect(await google.stateOf(kept)).toBe('ACTIVE');
    expect(await google.stateOf(forgotten)).toBe('EXPIRED');
    expect((await google.order(forgotten)).body.state).toBe('REFUNDED');
  });
});

test('a purchase keeps its number, which the orders of its renewals begin with', async () => {
  const bought = await google.buy();
  const number = bought.order;
  expect((await google.act('renew', bought)).order).toBe(`${number}..0`);
  expect((await google.act('renew', bought)).order).toBe(`${number}..1`);
  const newest = () => google.sandbox.drivers()[0]?.purchases[0];
  expect(newest()).toMatchObject({ id: number, status: 'active' });
  expect(await google.command('pause', { purchase: number })).toMatchObject({
    purchaseToken: bought.purchaseToken,
  });
  expect(newest()).toMatchObject({ id: number, status: 'paused' });
});

test('the clock brings renewals and ends, told as if they had been', async () => {
  const [going, ending] = [await google.buy(), await google.buy()];
  for (const each of [going, ending]) await google.acknowledge('subscriptions', monthly, each);
  await google.act('cancel', ending);
  await google.command('clock', { advanceSeconds: 45 * 86_400 });
  expect(await google.stateOf(going)).toBe('ACTIVE');
  expect(await google.stateOf(ending)).toBe('EXPIRED');
  const endOf = async (bought: Bought) => {
    const { lineItems } = (await google.subscription(bought)).body;
    return Date.parse((lineItems as { expiryTime: string }[])[0]?.expiryTime ?? '');
  };
  expect(await endOf(ending)).toBeLessThan(Date.now());
  expect(await endOf(going)).toBeGreaterThan(Date.now());
  expect((await google.subscription(going)).body.latestOrderId).not.toBe(going.order);
});

test('it misbehaves when it is told to, with one purchase alone where it is told which', async () => {
  const [one, other] = [await google.buy(), await google.buy()];
  const statusOf = async (bought: Bought) => (await google.subscription(bought)).status;
  google.sandbox.misbehave('google', { status: 503, forNext: 1 });
  expect([await statusOf(one), await statusOf(one)]).toEqual([503, 200]);
  google.sandbox.misbehave('google', { rate429: { retryAfterSeconds: 7 }, forNext: 1 });
  expect([await statusOf(one), await statusOf(one)]).toEqual([429, 200]);
  google.sandbox.misbehave('google', { status: 500, path: one.purchaseToken });
  expect([await statusOf(other), await statusOf(one), await statusOf(other)]).toEqual([
    200, 500, 200,
  ]);
  // Whoever gives out access tokens is somebody else.
  expect((await google.exchanged(await google.assertion())).status).toBe(200);
});
