import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newNotification, pushBody } from '../../../../local/providers/google/notifications.ts';
import type { WebhookRecord } from '../../../kernel/webhooks/index.ts';
import { forgedPushes } from '../testing/google-forgeries.ts';
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
const eventOf = async (
  id: string,
  isSo: (event: WebhookRecord) => boolean = ({ state }) => state !== 'received',
) => {
  const giveUpAt = performance.now() + 10_000;
  for (;;) {
    const { events } = await stand.app.kernel.admin.webhooks.list({
      provider: 'google',
      limit: 500,
    });
    const found = events.find(({ eventId }) => eventId === id);
    if (found && isSo(found)) return found;
    if (performance.now() > giveUpAt) throw new Error(`${id} is not there`);
    await wait(50);
  }
};

test('a push of our subscription is taken, again without effect, and a test is parked', async () => {
  const push = notice();
  const token = `Bearer ${await pushToken()}`;
  expect([await send(pushBody(push), token), await send(pushBody(push), token)]).toEqual([
    200, 200,
  ]);
  expect(await eventOf(push.id)).toMatchObject({ type: 'test', state: 'parked', duplicates: 1 });
});

describe('a push is refused', () => {
  test.each(forgedPushes)('%s', async (_name, forge) => {
    expect(await send(pushBody(notice()), await forge(pushToken))).toBe(400);
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

const purchased = (purchaseToken: string) =>
  newNotification('subscription.purchased', {
    subscriptionNotification: { notificationType: 4, purchaseToken },
  });

test('one about a purchase that Google does not know is tried again', async () => {
  const push = purchased('a.AO-J1Oabcdefghijk');
  expect(await send(pushBody(push), `Bearer ${await pushToken()}`)).toBe(200);
  expect(await eventOf(push.id, ({ error }) => error !== null)).toMatchObject({
    state: 'received',
    error: expect.stringContaining('refused') as unknown,
  });
});

test('one about a purchase that Google has forgotten is done with', async () => {
  stand.sandbox.misbehave('google', { status: 410, forNext: 1, path: 'subscriptionsv2' });
  const push = purchased('a.AO-J1Oabcdefghijkl');
  expect(await send(pushBody(push), `Bearer ${await pushToken()}`)).toBe(200);
  expect(await eventOf(push.id)).toMatchObject({ state: 'processed' });
});
