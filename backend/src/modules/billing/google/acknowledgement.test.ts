import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { metricsUrl } from '../../../../test/support/scrape.ts';
import { startGoogleStand, type GoogleStand } from '../testing/google-stand.ts';
import { watchAcknowledgements } from './jobs.ts';

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

test('what could not be acknowledged is seen, and brought back by the watch', async () => {
  const user = await stand.app.signUp();
  const made = await stand.buy(user);
  await stand.untilState(user, 'active');
  await stand.untilAcknowledged(made);
  const giveUpAt = performance.now() + 20_000;
  while ((await oldest()) !== 0) {
    if (performance.now() > giveUpAt) throw new Error('It still waits');
    await wait(50);
  }
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

test('what nobody acknowledges goes back after three days, and is so here', async () => {
  const user = await stand.app.signUp();
  const made = await stand.silently(() => stand.buy(user));
  await stand.command('clock', { advanceSeconds: 3 * 86_400 + 1 });
  await stand.present(user, made);
  await stand.untilState(user, 'refunded');
  expect(await stand.do('purchase', made)).toMatchObject({ acknowledged: false, state: 'EXPIRED' });
});
