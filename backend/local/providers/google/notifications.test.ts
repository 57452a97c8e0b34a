import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { pushes } from './identity.ts';
import { packageName } from './purchases.ts';
import { type Receiver, startReceiver } from '../testing/receiver.ts';
import { archive, type Caller, moment, startCaller } from './testing/caller.ts';

/** As Pub/Sub posts it. */
interface Push {
  message: { messageId: string; data: string; publishTime: string };
  subscription: string;
}

let google: Caller;
let receiver: Receiver;

beforeAll(async () => {
  google = await startCaller();
  receiver = await startReceiver(204);
  await google.command('webhook', { url: receiver.url });
});
beforeEach(async () => {
  await google.command('webhook', {});
  receiver.clear();
});
afterAll(async () => {
  await google.sandbox.close();
  await receiver.close();
});

/** Those that came, as they were pushed. */
const pushed = () =>
  receiver.received.map(({ headers, body }) => ({ headers, push: JSON.parse(body) as Push }));
async function untilReceived(count: number): Promise<void> {
  await receiver.until(() => receiver.received.length >= count);
}
const said = () =>
  pushed().map(
    ({ push: { message } }) =>
      JSON.parse(Buffer.from(message.data, 'base64').toString()) as {
        subscriptionNotification?: { notificationType: number };
      },
  );

test('notifications are pushed with a token of their issuer, in the form of Pub/Sub', async () => {
  const { purchaseToken } = await google.buy();
  await untilReceived(1);
  const [one] = pushed();
  const issuer = google.sandbox.environment.GOOGLE_OIDC_ISSUER ?? '';
  const { payload } = await jwtVerify(
    one?.headers.authorization?.replace('Bearer ', '') ?? '',
    createRemoteJWKSet(new URL(`${issuer}/oauth2/v3/certs`)),
    { issuer, audience: pushes.audience, algorithms: ['RS256'] },
  );
  expect(payload).toMatchObject({ email: pushes.email, email_verified: true });
  expect(one?.push).toMatchObject({
    message: { messageId: expect.any(String) as unknown, publishTime: moment },
    subscription: 'projects/sandbox/subscriptions/play-push',
  });
  expect(said()).toEqual([
    {
      version: '1.0',
      packageName,
      eventTimeMillis: expect.stringMatching(/^\d{13}$/) as unknown,
      subscriptionNotification: { version: '1.0', notificationType: 4, purchaseToken },
    },
  ]);
});

test('they come again until they are taken', async () => {
  receiver.answerNext(500, 403);
  await google.buy();
  await untilReceived(3);
  expect(new Set(pushed().map(({ push }) => push.message.messageId)).size).toBe(1);
});

test('they can be doubled, reversed, lost, and sent again', async () => {
  await google.command('webhook', { lost: true });
  const bought = await google.buy();
  await google.command('webhook', { copies: 2, reverse: 2 });
  await google.act('cancel', bought);
  await google.act('resume', bought);
  await untilReceived(4);
  const types = said().map((each) => each.subscriptionNotification?.notificationType);
  expect(types.sort()).toEqual([3, 3, 7, 7]);
  const event = pushed()[0]?.push.message.messageId;
  await google.command('webhook', {});
  await google.command('redeliver', { event });
  await untilReceived(5);
  expect(pushed().at(-1)?.push.message.messageId).toBe(event);
});

test('they tell of what was bought for good, and of money that went back', async () => {
  const bought = await google.buy({ product: archive });
  await google.act('revoke', bought);
  await untilReceived(2);
  const { purchaseToken, order: orderId } = bought;
  const bySort = expect.arrayContaining([
    expect.objectContaining({
      oneTimeProductNotification: {
        version: '1.0',
        notificationType: 1,
        purchaseToken,
        sku: archive,
      },
    }),
    expect.objectContaining({
      voidedPurchaseNotification: { purchaseToken, orderId, productType: 2, refundType: 1 },
    }),
  ]) as unknown;
  expect(said()).toEqual(bySort);
});

test('a test notification names no purchase', async () => {
  await google.command('test', {});
  await untilReceived(1);
  expect(said()).toMatchObject([{ packageName, testNotification: { version: '1.0' } }]);
});
