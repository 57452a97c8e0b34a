import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { signed } from '../../../../local/providers/google/identity.ts';
import { newNotification, pushBody } from '../../../../local/providers/google/notifications.ts';
import { startGoogleStand, type GoogleStand } from '../testing/google-stand.ts';

let stand: GoogleStand;
beforeAll(async () => {
  stand = await startGoogleStand();
});
afterAll(() => stand.stop());

const notice = (more: object = {}) =>
  newNotification('test', { testNotification: { version: '1.0' }, ...more });
const send = async (body: string, authorization?: string): Promise<number> => {
  const answer = await fetch(`${stand.app.url}/api/v1/webhooks/google`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body,
  });
  await answer.arrayBuffer();
  return answer.status;
};
const pushToken = async (claims: object = {}) =>
  (await stand.command<{ token: string }>('push-token', claims)).token;
const eventOf = async (id: string) => {
  const giveUpAt = performance.now() + 10_000;
  for (;;) {
    const { events } = await stand.app.kernel.admin.webhooks.list({
      provider: 'google',
      limit: 500,
    });
    const found = events.find(({ eventId }) => eventId === id);
    if (found && found.state !== 'received') return found;
    if (performance.now() > giveUpAt) throw new Error(`${id} is not there`);
    await wait(50);
  }
};
const now = () => Math.floor(Date.now() / 1_000);

test('a push of our subscription is taken, again without effect, and a test is parked', async () => {
  const push = notice();
  const token = `Bearer ${await pushToken()}`;
  expect([await send(pushBody(push), token), await send(pushBody(push), token)]).toEqual([
    200, 200,
  ]);
  expect(await eventOf(push.id)).toMatchObject({ type: 'test', state: 'parked', duplicates: 1 });
});

describe('a push is refused', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  test.each<[string, () => Promise<string | undefined> | string | undefined]>([
    ['without a token', () => undefined],
    ['with another scheme', async () => `Basic ${await pushToken()}`],
    ['with no token at all', () => 'Bearer one.two.three'],
    ['for another audience', () => pushToken({ aud: 'https://other.example' })],
    ['of another issuer', () => pushToken({ iss: 'https://accounts.google.com' })],
    ['of another account', () => pushToken({ email: 'other@sandbox.iam.gserviceaccount.com' })],
    ['of an address that is not verified', () => pushToken({ email_verified: false })],
    ['past its time', () => pushToken({ iat: now() - 7_200, exp: now() - 3_600 })],
    ['without an end', () => pushToken({ exp: null })],
    [
      'signed by another key',
      async () => {
        const [, claims = ''] = (await pushToken()).split('.');
        const { kid } = JSON.parse(
          Buffer.from((await pushToken()).split('.')[0] ?? '', 'base64url').toString(),
        ) as { kid: string };
        const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
        return signed(other.privateKey, kid, said);
      },
    ],
    [
      'unsigned',
      async () => {
        const [, claims = ''] = (await pushToken()).split('.');
        const head = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
        return `${head}.${claims}.AA`;
      },
    ],
  ])('%s', async (_name, made) => {
    const token = await made();
    const authorization = token === undefined || / /.test(token) ? token : `Bearer ${token}`;
    expect(await send(pushBody(notice()), authorization)).toBe(400);
  });

  test('with a good token and no message', async () => {
    const token = `Bearer ${await pushToken()}`;
    for (const body of ['', 'no JSON', '{}', '{"message":{"data":"e30="}}'])
      expect(await send(body, token)).toBe(400);
  });
});

test.each([
  ['of another app', { packageName: 'com.example.other' }, 'other-package'],
  ['of a type that is not known', { testNotification: undefined, newThing: {} }, 'unreadable'],
  [
    'of a number that is not known',
    { subscriptionNotification: { notificationType: 99, purchaseToken: 'a.AO-J1Oabcdefghij' } },
    'subscription.99',
  ],
])('a notification %s is parked', async (_name, content, type) => {
  const push = notice(content);
  expect(await send(pushBody(push), `Bearer ${await pushToken()}`)).toBe(200);
  expect(await eventOf(push.id)).toMatchObject({ type, state: 'parked' });
});

test('one about a purchase that Google does not know changes nothing', async () => {
  const push = newNotification('subscription.purchased', {
    subscriptionNotification: { notificationType: 4, purchaseToken: 'a.AO-J1Oabcdefghijk' },
  });
  expect(await send(pushBody(push), `Bearer ${await pushToken()}`)).toBe(200);
  expect(await eventOf(push.id)).toMatchObject({ state: 'processed' });
});
