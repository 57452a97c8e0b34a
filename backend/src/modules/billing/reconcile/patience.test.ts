import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Reconciled, startReconciled } from '../testing/reconciled.ts';
import { reconcile } from './job-kinds.ts';

let here: Reconciled;
let bought: { subscription: string; purchaseId: string }[];

/** Longer than a call waits, and than a run waits itself: it goes back to the queue. */
const askForPatience = { rate429: { retryAfterSeconds: 600 } };

beforeAll(async () => {
  // Nothing is delivered: every event is lost.
  here = await startReconciled();
});
beforeEach(async () => {
  bought = await Promise.all([1, 2, 3].map(() => here.subscribed()));
  // In the order in which a run asks.
  bought.sort((one, other) => (one.purchaseId < other.purchaseId ? -1 : 1));
});
afterEach(async () => {
  here.sandbox.heal('stripe');
  await here.app.kernel.admin.providers.reset('stripe');
  await here.client.query('delete from billing.purchases');
});
afterAll(async () => {
  await here.stop();
});

/** Looks until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error('It has not come to this');
    await wait(20);
  }
}

interface Row {
  steps: number;
  checked: number;
  resumes_at: Date | null;
}
const rowOf = async (id: string): Promise<Row | undefined> => {
  const sql = 'select * from billing.reconciliations where id = $1';
  return (await here.client.query<Row>(sql, [id])).rows[0];
};
/** So many of its portions are stored, and it waits for the provider. */
const pausedAfter = (id: string, steps: number) =>
  until(async () => {
    const run = await rowOf(id);
    return run?.steps === steps && run.resumes_at !== null;
  });

/** As if the time that the provider asked for had passed. */
async function timePasses(): Promise<void> {
  const { providers, jobs } = here.app.kernel.admin;
  await providers.reset('stripe');
  // A little after the run says so its job is back in the queue.
  await until(async () => {
    const waiting = await jobs.list({ queue: reconcile.name, state: 'retrying', limit: 10 });
    return (await jobs.retry(waiting.jobs.map(({ id }) => id))) === 1;
  });
}

const leftoversOf = async (id: string) =>
  (await here.ask<{ leftovers: object[] }>('GET', `/admin/billing/reconciliations/${id}`)).body
    .leftovers;

test('a purchase for which Stripe asks for patience five times is put aside, and holds up no other', async () => {
  const [first, second] = bought;
  for (const each of [first, second])
    await here.command('pause', { subscription: each?.subscription });
  here.sandbox.misbehave('stripe', { ...askForPatience, path: first?.subscription ?? '' });
  const id = await here.start();
  for (let portion = 1; portion <= 4; portion += 1) {
    await pausedAfter(id, portion);
    expect([portion, await leftoversOf(id)]).toEqual([portion, []]);
    await timePasses();
  }
  await pausedAfter(id, 5);
  expect(await leftoversOf(id)).toMatchObject([{ item: first?.purchaseId, tries: 1 }]);
  await timePasses();
  // The others are compared, and it is asked about once more.
  await pausedAfter(id, 8);
  expect(await rowOf(id)).toMatchObject({ checked: 2, corrected: 1 });
  here.sandbox.heal('stripe');
  await timePasses();
  expect(await here.ended(id)).toMatchObject({
    status: 'completed',
    checked: 3,
    corrected: 2,
    failed: 0,
  });
  expect(await leftoversOf(id)).toEqual([]);
});

test('a provider that is away for twelve hours ends the run, takes nothing, and the next run begins anew', async () => {
  await here.command('pause', { subscription: bought[0]?.subscription });
  const before = await here.written();
  here.sandbox.misbehave('stripe', askForPatience);
  const id = await here.start();
  await pausedAfter(id, 1);
  await here.client.query(
    `update billing.reconciliations set started_at = now() - interval '11 hours 55 minutes' where id = $1`,
    [id],
  );
  await timePasses();
  await pausedAfter(id, 2);
  await here.client.query(
    `update billing.reconciliations set started_at = started_at - interval '6 minutes' where id = $1`,
    [id],
  );
  await timePasses();
  expect(await here.ended(id)).toMatchObject({
    status: 'failed',
    checked: 0,
    errorCode: 'UPSTREAM_RATE_LIMITED',
  });
  expect(await here.written()).toBe(before);
  here.sandbox.heal('stripe');
  await here.app.kernel.admin.providers.reset('stripe');
  const next = await here.reconcile();
  expect(next.id).not.toBe(id);
  expect(next).toMatchObject({ status: 'completed', checked: 3, corrected: 1 });
});
