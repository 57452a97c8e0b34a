import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { stripe as sandboxStripe } from '../../../../local/providers/stripe.ts';
import { signatureOf } from '../../../../local/providers/stripe/deliveries.ts';
import { startSandbox, type Sandbox } from '../../../../local/providers/sandbox.ts';
import type { TestUser } from '../../../../test/support/app.ts';
import { startBillingApp, type BillingApp } from '../testing/app.ts';

const otherSecret = 'whsec_the-secret-before-this-one-0123456789';
let sandbox: Sandbox;
let app: BillingApp;
let secret: string;

beforeAll(async () => {
  sandbox = await startSandbox({ providers: [sandboxStripe] });
  secret = sandbox.provider('stripe').webhookSecret;
  app = await startBillingApp({
    environment: {
      ...sandbox.environment,
      STRIPE_WEBHOOK_SECRETS: `${otherSecret},${secret}`,
      RATE_LIMIT_EXPENSIVE: '1000',
    },
  });
  sandbox.deliverTo(app.url);
});
afterEach(async () => {
  sandbox.heal('stripe');
  await command('webhook', {});
});
afterAll(async () => {
  await app.stop();
  await sandbox.close();
});

async function command<T = unknown>(name: string, body: object): Promise<T> {
  const answer = await fetch(`${sandbox.url}/_sandbox/stripe/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`);
  return (await answer.json()) as T;
}
const buy = ({ userId }: TestUser) =>
  command<{ id: string; customer: string }>('buy', { userId, price: 'price_sandbox_pro_monthly' });
async function post({ accessToken }: TestUser, path: string, body: object = {}) {
  const answer = await app.request
    .post(`/api/v1${path}`)
    .set('authorization', `Bearer ${accessToken}`)
    .send(body);
  return { status: answer.status, body: answer.body as { url?: string } };
}

interface Mine {
  entitlements: { name: string; state: string; provider: string }[];
  purchases: { state: string; grants: boolean }[];
}

/** Looks until it is so; an event has to come in and be handled. */
async function until(user: TestUser, isSo: (mine: Mine) => boolean): Promise<Mine> {
  const giveUpAt = performance.now() + 20_000;
  for (;;) {
    const mine = (await app.mine(user.accessToken)) as unknown as Mine;
    if (isSo(mine)) return mine;
    if (performance.now() > giveUpAt) throw new Error(JSON.stringify(mine));
    await wait(50);
  }
}
const untilState = (user: TestUser, state: string) =>
  until(user, ({ purchases }) => purchases[0]?.state === state);

describe('buying', () => {
  test('shows the plans to anybody', async () => {
    const answer = await app.request.get('/api/v1/billing/plans');
    expect(answer.body).toMatchObject({
      plans: [
        { id: 'pro-monthly', entitlements: ['pro'], prices: ['price_sandbox_pro_monthly'] },
        {},
        {},
      ],
    });
  });

  test('a page is opened, paid, and what was bought may be used', async () => {
    const user = await app.signUp();
    const { body, status } = await post(user, '/billing/checkout', {
      price: 'price_sandbox_pro_monthly',
    });
    expect(status).toBe(200);
    const paid = await fetch(body.url ?? '', { method: 'POST', redirect: 'manual' });
    expect(paid.headers.get('location')).toContain('?checkout=done');
    const { entitlements } = await until(user, (mine) => mine.entitlements.length > 0);
    expect(entitlements).toMatchObject([{ name: 'pro', state: 'active', provider: 'stripe' }]);
  });

  test('two requests at once make one customer, and the same attempt opens the same page', async () => {
    const user = await app.signUp();
    const order = { price: 'price_sandbox_pro_monthly', attempt: 'first' };
    const answers = await Promise.all([1, 2, 3].map(() => post(user, '/billing/checkout', order)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.url)).size).toBe(1);
  });

  test('what is not sold is refused', async () => {
    const { body, status } = await post(await app.signUp(), '/billing/checkout', {
      price: 'price_x',
    });
    expect([status, body]).toMatchObject([400, { error: 'VALIDATION_FAILED' }]);
  });

  test('who has bought nothing has nothing to manage', async () => {
    const user = await app.signUp();
    expect((await post(user, '/billing/portal')).body).toMatchObject({ error: 'STATE_CONFLICT' });
    await post(user, '/billing/checkout', { price: 'price_sandbox_pro_monthly' });
    expect((await post(user, '/billing/portal')).body).toMatchObject({
      url: expect.stringContaining('/portal/cus_') as unknown,
    });
  });

  test('a Stripe that is away is a 503, and its key is in no line of the log', async () => {
    sandbox.misbehave('stripe', { status: 503 });
    const { body, status } = await post(await app.signUp(), '/billing/checkout', {
      price: 'price_sandbox_pro_monthly',
    });
    expect([status, body]).toMatchObject([503, { error: 'UPSTREAM_UNAVAILABLE' }]);
    sandbox.heal('stripe');
    await app.kernel.admin.providers.reset('stripe');
    expect(JSON.stringify(app.logLines)).not.toContain(sandbox.provider('stripe').key);
  });
});

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
    const user = await app.signUp();
    const { id } = await buy(user);
    await untilState(user, 'active');
    await command(name, { subscription: id, ...more });
    await untilState(user, state);
  });

  test('back and forth, in whatever order and number the events come', async () => {
    const user = await app.signUp();
    const { id: subscription } = await buy(user);
    await untilState(user, 'active');
    await command('webhook', { reverse: 4, copies: 3 });
    await command('cancel', { subscription });
    await command('resume', { subscription });
    await command('pause', { subscription });
    await command('resume', { subscription });
    await untilState(user, 'active');
    await command('cancel', { subscription });
    await command('webhook', {});
    await untilState(user, 'cancelled');
  });

  test('an event waits for a Stripe that is away', async () => {
    const user = await app.signUp();
    const { id: subscription } = await buy(user);
    await untilState(user, 'active');
    sandbox.misbehave('stripe', { status: 500, forNext: 2 });
    await command('cancel', { subscription });
    await untilState(user, 'cancelled');
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
    const answer = await fetch(`${app.url}/api/v1/webhooks/stripe`, {
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
    const giveUpAt = performance.now() + 10_000;
    for (;;) {
      const { events } = await app.kernel.admin.webhooks.list({ provider: 'stripe', limit: 50 });
      const record = events.find(({ eventId }) => eventId === id);
      if (record?.state === 'processed') break;
      if (performance.now() > giveUpAt) throw new Error(JSON.stringify(record));
      await wait(50);
    }
  });
});
