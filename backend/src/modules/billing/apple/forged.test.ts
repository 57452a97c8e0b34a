import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthority } from '../../../../local/providers/apple/certificates.ts';
import type { TestUser } from '../../../../test/support/app.ts';
import type { WebhookRecord } from '../../../kernel/webhooks/index.ts';
import { by, forgeries, payloadOf, rootsBeside, stranger } from '../testing/apple-forgeries.ts';
import { startAppleStand, type AppleStand, type Bought } from '../testing/apple-stand.ts';

/** Trusted as the sandbox is. */
const trusted = createAuthority({ name: 'Trusted' });

let stand: AppleStand;
let user: TestUser;
let bought: Bought;
let notification: string;
beforeAll(async () => {
  stand = await startAppleStand(({ environment }) => ({
    APPLE_ROOT_CERTIFICATES: [
      environment['APPLE_ROOT_CERTIFICATES'],
      ...rootsBeside,
      trusted.root,
    ].join(','),
  }));
  user = await stand.app.signUp();
  await stand.command('webhook', { lost: true });
  bought = await stand.buy(user);
  ({ signedPayload: notification } = await stand.command<{ signedPayload: string }>('test'));
});
afterAll(() => stand.stop());

describe('what Apple has not signed is refused', () => {
  test.each(forgeries)('%s, presented by an app', async (_name, forge) => {
    expect(await stand.present(user, forge(bought.signedTransaction))).toMatchObject({
      status: 422,
      body: { error: 'PURCHASE_INVALID' },
    });
  });

  test.each(forgeries)('%s, as a notification', async (_name, forge) => {
    const before = stand.app.logLines.length;
    expect(await notify(forge(notification))).toBe(400);
    const lines = stand.app.logLines.slice(before).filter(({ msg }) => msg === 'webhook refused');
    expect(lines).toHaveLength(1);
  });

  test('and Apple was never asked about any of it', async () => {
    expect(stand.sandbox.calls('apple')).toEqual([]);
    // What it was all made of is taken.
    expect((await stand.present(user, bought.signedTransaction)).status).toBe(200);
    expect(await notify(notification)).toBe(200);
  });
});

describe('what it has signed for something else is refused', () => {
  let own: AppleStand;
  const authority = createAuthority({ name: 'Another test root' });
  const as = (more: object): string =>
    authority.sign({ ...payloadOf(bought.signedTransaction), ...more });
  beforeAll(async () => {
    own = await startAppleStand(() => ({ APPLE_ROOT_CERTIFICATES: authority.root }));
  });
  afterAll(() => own.stop());

  test.each<[string, object]>([
    ['another app', { bundleId: 'com.example.other' }],
    ['purchases for money', { environment: 'Production' }],
    ['Xcode', { environment: 'Xcode' }],
    ['local testing', { environment: 'LocalTesting' }],
    ['no environment', { environment: undefined }],
    // It is Apple's own who does not know it: it was signed by this authority, and bought nowhere.
    ['a purchase that Apple does not know', {}],
  ])('%s', async (_name, more) => {
    const someone = await own.app.signUp();
    expect(await own.present(someone, as(more))).toMatchObject({
      status: 422,
      body: { error: 'PURCHASE_INVALID' },
    });
  });

  test('what its own API answers, where that is signed by somebody else', async () => {
    const someone = await own.app.signUp();
    const { transaction, transactionId } = await own.buy(someone);
    const signed = as({ originalTransactionId: transaction, transactionId });
    expect(await own.present(someone, signed)).toMatchObject({
      status: 502,
      body: { error: 'UPSTREAM_INVALID_RESPONSE' },
    });
    expect((await own.app.mine(someone.accessToken)).purchases).toEqual([]);
  });

  test.each<[string, object]>([
    ['another app', { bundleId: 'com.example.other', environment: 'Sandbox' }],
    ['purchases for money', { bundleId: 'dev.bulwark.sandbox', environment: 'Production' }],
    ['Xcode', { bundleId: 'dev.bulwark.sandbox', environment: 'Xcode' }],
  ])('a notification of %s', async (_name, data) => {
    const signedPayload = authority.sign({
      notificationType: 'DID_RENEW',
      notificationUUID: 'b8f2b2b4-4c5e-4a53-9d4e-6f0f3f1f0002',
      signedDate: Date.now(),
      data,
    });
    expect(await notify(signedPayload, own)).toBe(400);
  });
});

describe('a receipt of the old kind', () => {
  test.each([
    ['as such', { receiptData: 'MIIUFAYJKoZIhvcNAQcCoIIUBTCCFAECAQExDzANBglghkgBZQMEAgEFADCCA' }],
    ['in the place of a transaction', { signedTransaction: 'MIIUFAYJKoZIhvcNAQcCoIIUBTCCFAE=' }],
  ])('has a code of its own, %s', async (_name, body) => {
    expect(await stand.post(user, '/purchases/apple', body)).toMatchObject({
      status: 400,
      body: { error: 'LEGACY_RECEIPT' },
    });
  });
});

test('whoever is not signed in presents nothing', async () => {
  const answer = await stand.app.request
    .post('/api/v1/purchases/apple')
    .send({ signedTransaction: bought.signedTransaction });
  expect(answer.status).toBe(401);
});

describe('what was signed', () => {
  test('is in no line of the log and in no table', async () => {
    await stand.present(user, bought.signedTransaction);
    await stand.present(user, by(stranger, bought.signedTransaction));
    stand.sandbox.misbehave('apple', { status: 400, forNext: 1 });
    await stand.present(user, bought.signedTransaction);
    await notify(`${bought.signedTransaction}x`);
    await stand.command('webhook');
    await stand.command('cancel', { transaction: bought.transaction });
    await stand.untilState(user, 'cancelled');
    const { rows } = await stand.app.kernel.db.asLogin((tx) =>
      tx.query<{ text: string }>(
        `select coalesce(string_agg(row::text, ' '), '') as text from (
           select to_jsonb(e) as row from bulwark.webhook_events e union all
           select to_jsonb(h) from billing.purchase_history h union all
           select to_jsonb(p) from billing.purchases p) as all_rows`,
      ),
    );
    const kept = `${JSON.stringify(stand.app.logLines)} ${rows[0]?.text ?? ''}`;
    expect(kept).toContain(bought.transaction);
    // Header, payload and signature: no piece of any of them.
    for (const part of bought.signedTransaction.split('.')) {
      expect(kept).not.toContain(part.slice(0, 40));
      expect(kept).not.toContain(part.slice(-40));
    }
    expect(kept).not.toContain('signedTransactionInfo');
  });
});

describe('a notification', () => {
  test.each(['', '{}', '[]', 'null', '{"signedPayload":7}', '\ufeff{"signedPayload":"a.b.c"}'])(
    'that is %j is refused',
    async (body) => {
      expect(await notifyRaw(body)).toBe(400);
    },
  );

  test('as App Store Connect sends it for a test is processed', async () => {
    await stand.command('webhook');
    const { event } = await stand.command<{ event: string }>('test');
    await untilEvent(event, 'processed');
  });

  test('leaves nothing behind but by what its purchase is found', async () => {
    const { events } = await stand.app.kernel.admin.webhooks.list({ provider: 'apple', limit: 50 });
    for (const { kept } of events)
      expect(Object.keys(kept as object).sort()).toEqual([
        'environment',
        'purchase',
        'subtype',
        'transaction',
      ]);
    expect(events.some(({ kept }) => JSON.stringify(kept).includes(bought.transaction))).toBe(true);
  });

  test.each(['PRICE_INCREASE', 'SOMETHING_NEW'])('of %s is parked', async (notificationType) => {
    const { notificationUUID: _, ...payload } = payloadOf(notification);
    const id = randomUUID();
    const signedPayload = trusted.sign({ ...payload, notificationType, notificationUUID: id });
    expect(await notify(signedPayload)).toBe(200);
    await untilEvent(id, 'parked');
  });

  test('about a purchase that Apple does not know is tried again', async () => {
    const id = randomUUID();
    const transaction = { originalTransactionId: '1', transactionId: '1' };
    const data = {
      ...(payloadOf(notification)['data'] as object),
      signedTransactionInfo: trusted.sign({
        ...payloadOf(bought.signedTransaction),
        ...transaction,
      }),
    };
    const changes = { notificationType: 'DID_RENEW', notificationUUID: id, data };
    expect(await notify(trusted.sign({ ...payloadOf(notification), ...changes }))).toBe(200);
    const { error } = await untilEvent(id, 'received', (event) => event.error !== null);
    expect(error).toContain('Apple does not know');
  });

  test('without an id is refused', async () => {
    const { notificationUUID: _, ...payload } = payloadOf(notification);
    expect(await notify(trusted.sign(payload))).toBe(400);
  });
});

const notify = (signedPayload: string, to: AppleStand = stand): Promise<number> =>
  notifyRaw(JSON.stringify({ signedPayload }), to);

async function notifyRaw(body: string, to: AppleStand = stand): Promise<number> {
  const answer = await fetch(`${to.app.url}/api/v1/webhooks/apple`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function untilEvent(
  eventId: string,
  state: string,
  isSo: (event: WebhookRecord) => boolean = () => true,
): Promise<WebhookRecord> {
  const giveUpAt = performance.now() + 10_000;
  for (;;) {
    const { events } = await stand.app.kernel.admin.webhooks.list({ provider: 'apple', limit: 50 });
    const found = events.find((each) => each.eventId === eventId);
    if (found?.state === state && isSo(found)) return found;
    if (performance.now() > giveUpAt) throw new Error(JSON.stringify(found));
    await wait(50);
  }
}
