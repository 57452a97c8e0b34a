import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { ShownDrift, ShownRun } from './testing/operator.ts';
import { type Reconciled, startReconciled } from './testing/reconciled.ts';
import { truth } from './testing/truths.ts';

let here: Reconciled;

beforeAll(async () => {
  here = await startReconciled();
});
afterAll(async () => {
  await here.stop();
});

/** As the auth service does it. */
async function deleteAccount(userId: string): Promise<void> {
  const auth = new Client({ connectionString: here.app.database.authUrl });
  await auth.connect();
  await auth.query('delete from auth.users where id = $1', [userId]).finally(() => auth.end());
}

test('who presented a purchase of somebody else is still known by id when their account is gone', async () => {
  const [owner, claimant] = [await here.app.signUp(), await here.app.signUp()];
  const owned = truth({ userId: owner.userId });
  const { purchaseId } = await here.app.record(owned);
  await here.app.record(owned, { source: 'app', claimantId: claimant.userId });
  // Stored beside what is recorded.
  await here.app.billing.close();
  await deleteAccount(claimant.userId);
  const { body } = await here.ask<{ signals: object[] }>('GET', '/admin/billing/fraud-signals');
  expect(body.signals).toMatchObject([
    {
      purchaseId,
      claimant: { id: claimant.userId, email: null },
      owner: { email: owner.email },
      times: 1,
    },
  ]);
});

test('what was wrong with a purchase stays in the ledger, with its run, when the account is gone', async () => {
  const { user, subscription, purchaseId } = await here.subscribed();
  await here.command('pause', { subscription });
  const { run } = (await here.compare(user)).body;
  await deleteAccount(user.userId);
  const runs = await here.ask<{ runs: ShownRun[] }>(
    'GET',
    `/admin/billing/reconciliations?userId=${user.userId}`,
  );
  expect(runs.body.runs.find(({ id }) => id === run.id)).toMatchObject({
    userId: user.userId,
    corrected: 1,
  });
  expect((await here.ask('GET', `/admin/billing/reconciliations/${run.id}`)).status).toBe(200);
  const ledger = await here.ask<{ entries: ShownDrift[] }>(
    'GET',
    `/admin/billing/drift?runId=${run.id}`,
  );
  expect(ledger.body.entries).toMatchObject([{ purchaseId, kind: 'state', user: null }]);
});
