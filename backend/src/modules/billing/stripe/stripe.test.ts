import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { stripe } from '../../../../local/providers/stripe.ts';
import { signatureOf } from '../../../../local/providers/stripe/deliveries.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { startStoreStand, type StoreStand } from '../testing/store-stand.ts';

const otherSecret = 'whsec_the-secret-before-this-one-0123456789';
let stand: StoreStand;
let secret: string;

beforeAll(async () => {
  stand = await startStoreStand(stripe, (sandbox) => ({
    STRIPE_WEBHOOK_SECRETS: `${otherSecret},${sandbox.provider('stripe').webhookSecret}`,
  }));
  secret = stand.sandbox.provider('stripe').webhookSecret;
});
afterEach(async () => {
  stand.sandbox.heal('stripe');
  await stand.command('webhook');
});
afterAll(() => stand.stop());

const price = 'price_sandbox_pro_monthly';
const buy = ({ userId }: TestUser) => stand.command<{ id: string }>('buy', { userId, price });
describe('what becomes of a subscription is followed', () => {
  test.each([
    ['cancel', {}, 'cancelled'],
    ['fail-card', {}, 'grace'],
    ['give-up', {}, 'on-hold'],
    ['pause', {}, 'paused'],
    ['refund', {}, 'refunded'],
    ['dispute', { status: 'lost' }, 'revoked'],
    ['revoke', {}, 'expired'],
  ])('%s', async (name, more, state) => {
    const user = await stand.app.signUp();
    const { id } = await buy(user);
    await stand.untilState(user, 'active');
    await stand.command(name, { subscription: id, ...more });
    await stand.untilState(user, state);
  });

  test('back and forth, in whatever order and number the events come', async () => {
    const user = await stand.app.signUp();
    const { id: subscription } = await buy(user);
    await stand.untilState(user, 'active');
    await stand.command('webhook', { reverse: 4, copies: 3 });
    await stand.command('cancel', { subscription });
    await stand.command('resume', { subscription });
    await stand.command('pause', { subscription });
    await stand.command('resume', { subscription });
    await stand.untilState(user, 'active');
    await stand.command('cancel', { subscription });
    await stand.command('webhook');
    await stand.untilState(user, 'cancelled');
  });

  test('an event waits for a Stripe that is away', async () => {
    const user = await stand.app.signUp();
    const { id: subscription } = await buy(user);
    await stand.untilState(user, 'active');
    stand.sandbox.misbehave('stripe', { status: 500, forNext: 2 });
    await stand.command('cancel', { subscription });
    await stand.untilState(user, 'cancelled');
  });
});

describe('a webhook', () => {
  const body = (more: object = {}): string =>
    JSON.stringify(
      {
        id: `evt_${Math.random().toString(36).slice(2)}`,
        object: 'event',
        created: 1_800_000_000,
        livemode: false,
        type: 'product.updated',
        data: { object: { id: 'prod_1', object: 'product' } },
        ...more,
      },
      null,
      2,
    );
  const now = () => Math.floor(Date.now() / 1_000);
  const send = async (
    sent: string | Buffer,
    signature: string,
    more: Record<string, string> = {},
  ) => {
    const answer = await fetch(`${stand.app.url}/api/v1/webhooks/stripe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stripe-signature': signature, ...more },
      body: sent,
    });
    await answer.arrayBuffer();
    return answer.status;
  };

  test.each([
    ['by the present secret', () => secret],
    ['by the one before it', () => otherSecret],
  ])('signed %s is taken', async (_name, signer) => {
    const sent = body();
    expect(await send(sent, signatureOf(sent, signer()))).toBe(200);
  });

  test.each<[string, (sent: string) => Promise<number>]>([
    ['301 s ago', (sent) => send(sent, signatureOf(sent, secret, now() - 301))],
    ['in an hour', (sent) => send(sent, signatureOf(sent, secret, now() + 3_600))],
    ['by another secret', (sent) => send(sent, signatureOf(sent, 'whsec_somebody-else'))],
    ['by v0 alone', (sent) => send(sent, signatureOf(sent, secret).replace('v1=', 'v0='))],
    ['without a time', (sent) => send(sent, signatureOf(sent, secret).replace(/^t=\d+,/, ''))],
    ['not at all', (sent) => send(sent, '')],
    [
      'and serialised anew',
      (sent) => send(JSON.stringify(JSON.parse(sent)), signatureOf(sent, secret)),
    ],
    ['behind a byte order mark', (sent) => send(`\ufeff${sent}`, signatureOf(sent, secret))],
    [
      'and compressed',
      (sent) => send(gzipSync(sent), signatureOf(sent, secret), { 'content-encoding': 'gzip' }),
    ],
  ])('signed %s is refused', async (_name, deliver) => {
    expect(await deliver(body())).toBe(400);
  });

  test.each([
    ['of real money', { livemode: true }],
    ['of a connected account', { account: 'acct_1' }],
  ])('%s is not for this server', async (_name, more) => {
    const sent = body(more);
    expect(await send(sent, signatureOf(sent, secret))).toBe(400);
  });

  test('about a subscription that Stripe does not know changes nothing', async () => {
    const sent = body({
      type: 'customer.subscription.updated',
      data: { object: { id: 'sub_of_nobody', object: 'subscription', customer: 'cus_1' } },
    });
    expect(await send(sent, signatureOf(sent, secret))).toBe(200);
    const { id } = JSON.parse(sent) as { id: string };
    await stand.untilProcessed(id);
  });
});
