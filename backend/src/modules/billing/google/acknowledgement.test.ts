import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { metricsUrl } from '../../../../test/support/scrape.ts';
import { startGoogleStand, type Bought, type GoogleStand } from '../testing/google-stand.ts';
import { acknowledgePurchase, watchAcknowledgements } from './jobs.ts';
import { keyOf } from './tokens-repository.ts';

let stand: GoogleStand;
beforeAll(async () => {
  stand = await startGoogleStand({ METRICS_PORT: '0' });
});
afterEach(async () => {
  stand.sandbox.heal('google');
  await stand.app.kernel.admin.providers.reset('google-play');
  await stand.command('webhook');
});
afterAll(() => stand.stop());

const query = async (sql: string) => {
  const { rows } = await stand.app.kernel.db.asLogin((tx) => tx.query(sql));
  return rows;
};
const oldest = async (): Promise<number> => {
  const text = await (await fetch(`${metricsUrl(stand.app.logLines)}/metrics`)).text();
  return Number(/^bulwark_billing_google_unacknowledged_seconds (\S+)$/m.exec(text)?.[1]);
};
async function untilNoneWaits(): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while ((await oldest()) !== 0) {
    if (performance.now() > giveUpAt) throw new Error('It still waits');
    await wait(50);
  }
}

test('what could not be acknowledged is seen, and brought back by the watch', async () => {
  const user = await stand.app.signUp();
  const made = await stand.buy(user);
  await stand.untilState(user, 'active');
  await stand.untilAcknowledged(made);
  await untilNoneWaits();
  // As if its job had died a day ago, before Google was told.
  await stand.do('unacknowledge', made);
  await query(
    `update billing.google_tokens set unacknowledged_since = now() - interval '25 hours'`,
  );
  expect(await oldest()).toBeGreaterThan(86_400);
  await stand.app.kernel.jobs.enqueue(watchAcknowledgements, {});
  await stand.untilAcknowledged(made);
});

test('it is tried again while Google is away', async () => {
  const user = await stand.app.signUp();
  const made = await stand.silently(() => stand.buy(user));
  await stand.present(user, made);
  await stand.untilAcknowledged(made);
  await stand.do('unacknowledge', made);
  await query(
    `delete from pgboss.job where name = 'billing.acknowledge-google' and state <> 'active'`,
  );
  stand.sandbox.misbehave('google', { status: 503, forNext: 2 });
  await stand.present(user, made);
  await stand.untilAcknowledged(made);
});

describe('a purchase that waits', () => {
  let made: Bought;
  const acknowledge = () =>
    stand.app.kernel.jobs.enqueue(acknowledgePurchase, { purchase: keyOf(made.purchaseToken) });
  beforeEach(async () => {
    const user = await stand.app.signUp();
    made = await stand.silently(() => stand.buy(user));
    await stand.present(user, made);
    await stand.untilAcknowledged(made);
    await untilNoneWaits();
    await stand.do('unacknowledge', made);
    await query(
      `update billing.google_tokens set unacknowledged_since = now() where key = '${keyOf(made.purchaseToken)}'`,
    );
  });

  test('goes on waiting when Google is said not to know it', async () => {
    stand.sandbox.misbehave('google', { status: 404, path: 'subscriptionsv2', forNext: 1 });
    await acknowledge();
    await stand.untilAcknowledged(made);
  });

  test('is acknowledged while nobody can tell of its order', async () => {
    stand.sandbox.misbehave('google', { status: 500, path: '/orders/' });
    await acknowledge();
    await stand.untilAcknowledged(made);
  });

  test('and that Google has forgotten waits no more', async () => {
    stand.sandbox.misbehave('google', { status: 410, path: 'subscriptionsv2', forNext: 1 });
    await acknowledge();
    await untilNoneWaits();
    expect(await stand.do('purchase', made)).toMatchObject({ acknowledged: false });
  });
});

test('what nobody acknowledges goes back after three days, and is so here', async () => {
  const user = await stand.app.signUp();
  const made = await stand.silently(() => stand.buy(user));
  await stand.command('clock', { advanceSeconds: 3 * 86_400 + 1 });
  await stand.present(user, made);
  await stand.untilState(user, 'refunded');
  expect(await stand.do('purchase', made)).toMatchObject({ acknowledged: false, state: 'EXPIRED' });
});
