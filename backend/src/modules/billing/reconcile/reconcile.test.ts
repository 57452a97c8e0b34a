import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ShownRun } from '../testing/operator.ts';
import { price, type Reconciled, startReconciled } from '../testing/reconciled.ts';
import { inSeconds, truth } from '../testing/truths.ts';

let here: Reconciled;

beforeAll(async () => {
  // Nothing is delivered: every event is lost.
  here = await startReconciled();
});
afterEach(async () => {
  here.sandbox.heal('stripe');
  await here.app.kernel.admin.providers.reset('stripe');
});
afterAll(async () => {
  await here.stop();
});

describe('a run', () => {
  test('mends what lost events have left, says since when, and the second one writes nothing', async () => {
    const refunded = await here.subscribed();
    const cancelled = await here.subscribed();
    const untouched = await here.subscribed();
    await here.command('refund', { subscription: refunded.subscription });
    await here.command('cancel', { subscription: cancelled.subscription });
    expect(await here.statesOf(refunded.user)).toEqual(['active']);

    const run = await here.reconcile();
    expect(run).toMatchObject({ status: 'completed', corrected: 2, found: 0, failed: 0 });
    expect(await here.statesOf(refunded.user)).toEqual(['refunded']);
    expect(await here.statesOf(cancelled.user)).toEqual(['cancelled']);
    expect(await here.statesOf(untouched.user)).toEqual(['active']);
    expect(await here.drift(`purchaseId=${refunded.purchaseId}&runId=${run.id}`)).toMatchObject([
      {
        kind: 'state',
        guess: 'missed-event',
        stateBefore: 'active',
        stateAfter: 'refunded',
        changes: { refundedAt: [null, expect.any(String) as unknown] },
        sinceIs: 'provider',
        correctedAt: expect.any(String) as unknown,
      },
    ]);
    expect(await here.drift(`purchaseId=${cancelled.purchaseId}&runId=${run.id}`)).toMatchObject([
      {
        kind: 'state',
        guess: 'missed-event',
        changes: { autoRenews: [true, false] },
        sinceIs: 'observed',
      },
    ]);
    const history = await here.ask<{ history: object[] }>(
      'GET',
      `/admin/billing/purchases/${refunded.purchaseId}`,
    );
    expect(history.body.history[0]).toMatchObject({ source: 'reconciliation', reference: run.id });

    const before = await here.written();
    const second = await here.reconcile();
    expect(second).toMatchObject({ status: 'completed', corrected: 0, checked: run.checked });
    expect(second.same).toBe(run.checked);
    expect(await here.written()).toBe(before);
  });

  test('finds a purchase of which nobody has told, by the account of its buyer', async () => {
    // A page is opened, so that there is an account; what is bought there is told to nobody.
    const { user: buyer, page } = await here.visited();
    await fetch(page, { method: 'POST', redirect: 'manual' });
    expect(await here.statesOf(buyer)).toEqual([]);
    const run = await here.reconcile();
    expect(run).toMatchObject({ status: 'completed', found: 1 });
    expect(await here.statesOf(buyer)).toEqual(['active']);
    expect(await here.drift(`runId=${run.id}`)).toMatchObject([
      { kind: 'missing', guess: 'never-told', stateBefore: null, sinceIs: 'provider' },
    ]);
    expect(await here.reconcile()).toMatchObject({ found: 0, corrected: 0 });
  });

  test('leaves what the provider does not know as it is, and tells of it once', async () => {
    const owner = await here.app.signUp();
    const { purchaseId } = await here.app.record(
      truth({ key: `sub_${randomUUID().replaceAll('-', '')}`, userId: owner.userId }),
    );
    expect(await here.reconcile()).toMatchObject({ status: 'completed', unknown: 1 });
    expect(await here.reconcile()).toMatchObject({ unknown: 1 });
    expect(await here.statesOf(owner)).toEqual(['active']);
    const open = await here.drift('open=true');
    expect(open).toMatchObject([
      { purchaseId, kind: 'unknown', guess: 'not-known-there', correctedAt: null },
    ]);
    await here.client.query('delete from billing.purchases where id = $1', [purchaseId]);
  });

  test('goes on behind faults of the provider, and nobody loses anything by them', async () => {
    const many = await Promise.all(Array.from({ length: 8 }, () => here.subscribed()));
    const [revoked] = many;
    await here.command('revoke', { subscription: revoked?.subscription });
    const before = await here.written();
    here.sandbox.misbehave('stripe', { rate429: { retryAfterSeconds: 1 }, forNext: 3 });
    const limited = await here.reconcile();
    expect(limited).toMatchObject({ status: 'completed', corrected: 1, failed: 0 });
    expect(await here.written()).not.toBe(before);
    here.sandbox.misbehave('stripe', { garbage: true, failRate: 0.3, forNext: 12 });
    const settled = await here.written();
    expect(await here.reconcile()).toMatchObject({ corrected: 0, failed: 0, status: 'completed' });
    expect(await here.written()).toBe(settled);
    for (const { user: each } of many.slice(1))
      expect(await here.statesOf(each)).toEqual(['active']);
  });

  test('is one at a time of a provider, and who asks again is shown it', async () => {
    here.sandbox.misbehave('stripe', { latencyMs: 200, forNext: 20 });
    const start = () =>
      here.ask<{ runs: { run: ShownRun; isNew: boolean }[] }>(
        'POST',
        '/admin/billing/reconciliations',
        { provider: 'stripe' },
      );
    const answers = await Promise.all([start(), start(), start()]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const runs = answers.flatMap(({ body }) => body.runs);
    expect(new Set(runs.map(({ run }) => run.id)).size).toBe(1);
    expect(runs.filter(({ isNew }) => isNew)).toHaveLength(1);
    await here.ended(runs[0]?.run.id ?? '');
  });

  test('finds all of a buyer who has more than Stripe lists on one page', async () => {
    const { user, customer } = await here.visited();
    const { userId } = user;
    const bought: string[] = [];
    while (bought.length < 101)
      bought.push((await here.command<{ id: string }>('buy', { userId, customer, price })).id);
    expect(await here.reconcile()).toMatchObject({ status: 'completed', found: 101, failed: 0 });
    const { rows } = await here.client.query<{ key: string }>(
      'select key from billing.purchases where user_id = $1',
      [userId],
    );
    expect(rows.map(({ key }) => key).sort()).toEqual(bought.sort());
    expect(await here.reconcile()).toMatchObject({ found: 0, corrected: 0 });
  });
});

test('a run that is cut off goes on behind what it has stored, and nothing stands twice', async () => {
  const there = await startReconciled({
    environment: { BILLING_RECONCILE_PER_SECOND: '30', SHUTDOWN_TIMEOUT_MS: '1000' },
  });
  try {
    const { userId } = await there.app.signUp();
    for (let nr = 0; nr < 120; nr += 1) {
      const { id: key } = await there.command<{ id: string }>('buy', { userId, price });
      await there.app.record(truth({ key, userId, observedAt: inSeconds(-60) }));
    }
    const id = await there.start();
    const checked = async () =>
      (
        await there.client.query<{ checked: number }>(
          'select checked from billing.reconciliations where id = $1',
          [id],
        )
      ).rows[0]?.checked ?? 0;
    while ((await checked()) === 0) await wait(20);
    await there.app.restart();
    expect(await checked()).toBeLessThan(120);
    const run = await there.ended(id);
    expect(run).toMatchObject({ status: 'completed', checked: 120, corrected: 120 });
    const { rows } = await there.client.query<{ count: number; purchases: number }>(
      'select count(*)::integer as count, count(distinct purchase_id)::integer as purchases from billing.drift',
    );
    expect(rows).toEqual([{ count: 120, purchases: 120 }]);
  } finally {
    await there.stop();
  }
});
