import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestUser } from '../../../test/support/users.ts';
import { sweep } from './retention.ts';
import { type Bought, type GoogleStand, startGoogleStand } from './testing/google-stand.ts';
import { type Operator, reconcilesOnDemand, startOperator } from './testing/operator.ts';
import { truth } from './testing/truths.ts';

let stand: GoogleStand;
let operator: Operator;

beforeAll(async () => {
  stand = await startGoogleStand({ ...reconcilesOnDemand, BILLING_RETENTION_DAYS: '100' });
  await stand.command('webhook', { lost: true });
  operator = await startOperator(stand.app);
});
afterAll(async () => {
  await operator.leave();
  await stand.stop();
});

const keyOf = ({ purchaseToken }: Bought): string =>
  createHash('sha256').update(purchaseToken).digest('hex');
const change = (sql: string, values: readonly unknown[]) => operator.client.query(sql, [...values]);

async function bought(more: object = {}): Promise<{ user: TestUser; made: Bought; key: string }> {
  const user = await stand.app.signUp();
  const made = await stand.buy(user, more);
  expect((await stand.present(user, made)).status).toBe(200);
  await stand.untilAcknowledged(made);
  return { user, made, key: keyOf(made) };
}

/** The job of every night, done now. */
async function swept(): Promise<void> {
  const { jobs, admin } = stand.app.kernel;
  const id = (await jobs.enqueue(sweep, {})) ?? '';
  const giveUpAt = performance.now() + 20_000;
  while ((await admin.jobs.get(id))?.state !== 'completed') {
    if (performance.now() > giveUpAt) throw new Error('It has not ended');
    await wait(20);
  }
}

test('finished runs and closed entries of the ledger go, and what is open stays with its run', async () => {
  const [gone, lately, unchanged] = [await bought(), await bought(), await bought()];
  const unknown = await stand.app.signUp();
  const { userId } = unknown;
  await stand.app.record(truth({ provider: 'google', key: '0'.repeat(64), userId }));
  await stand.do('revoke', gone.made);
  await stand.do('revoke', lately.made);
  const runOf = async (user: TestUser) => (await operator.compare(user)).body.run.id;
  const runs = {
    gone: await runOf(gone.user),
    lately: await runOf(lately.user),
    unknown: await runOf(unknown),
    unchanged: await runOf(unchanged.user),
  };
  await change(
    `update billing.reconciliations set started_at = now() - interval '101 days', ended_at = now() - interval '101 days'`,
    [],
  );
  await change(
    `update billing.drift set found_at = now() - interval '101 days',
       corrected_at = case when run_id = $1 then corrected_at - interval '101 days' else corrected_at end`,
    [runs.gone],
  );
  const young = await runOf(unchanged.user);
  await swept();
  const { body } = await operator.ask<{ runs: { id: string }[] }>(
    'GET',
    '/admin/billing/reconciliations',
  );
  expect(new Set(body.runs.map(({ id }) => id))).toEqual(
    new Set([runs.lately, runs.unknown, young]),
  );
  expect(await operator.drift()).toMatchObject([
    { runId: runs.unknown, kind: 'unknown', correctedAt: null },
    { runId: runs.lately, kind: 'state' },
  ]);
});

test('purchase tokens of nothing, and of what ended long ago, go; nobody asks about them, or misses them', async () => {
  await change('delete from billing.purchases', []);
  const going = await bought();
  const forGood = await bought({ product: 'sandbox_archive' });
  const ended = await bought();
  const endedLately = await bought();
  const unheard = await bought();
  const nothings = await bought();
  const newNothings = await bought();
  const waiting = await bought();
  for (const { user, made } of [ended, endedLately]) {
    await stand.do('revoke', made);
    await stand.present(user, made);
  }
  const keysOf = (...some: { key: string }[]) => [some.map(({ key }) => key)];
  await change(
    `update billing.google_tokens set created_at = now() - interval '101 days' where key <> all($1)`,
    keysOf(newNothings),
  );
  await change(
    `update billing.google_tokens set unacknowledged_since = now() where key = any($1)`,
    keysOf(waiting),
  );
  await change(
    'delete from billing.purchases where key = any($1)',
    keysOf(nothings, newNothings, waiting),
  );
  // The second of them renews, as far as anybody here knows.
  await change(
    `update billing.purchases set period_ends_at = now() - interval '101 days' where key = any($1)`,
    keysOf(ended, unheard),
  );
  await change(
    `update billing.purchases set period_ends_at = now() - interval '61 days' where key = any($1)`,
    keysOf(endedLately),
  );
  await swept();
  const { rows } = await operator.client.query<{ key: string }>(
    'select key from billing.google_tokens',
  );
  const kept = [going, forGood, endedLately, unheard, newNothings, waiting];
  expect(rows.map(({ key }) => key).sort()).toEqual(kept.map(({ key }) => key).sort());

  expect(await operator.reconcile()).toMatchObject({
    status: 'completed',
    checked: 3,
    same: 2,
    corrected: 1,
    unknown: 0,
  });
  for (const { user } of [ended, endedLately])
    expect((await operator.compare(user)).body).toMatchObject({ items: [], run: { unknown: 0 } });
  expect((await operator.compare(unheard.user)).body.items).toMatchObject([{ outcome: 'same' }]);
});
