import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { shape } from '../../../kernel/schema/index.ts';
import { onAnotherHost } from '../testing/another-host.ts';
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

describe('one user', () => {
  test('is compared at once, with an answer', async () => {
    const { user: who, subscription, purchaseId } = await here.subscribed();
    await here.command('pause', { subscription });
    const { status, body } = await here.compare(who);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      run: { userId: who.userId, provider: null, status: 'completed', checked: 1, corrected: 1 },
      items: [{ kind: 'purchase', purchaseId, outcome: 'corrected', errorCode: null }],
    });
    expect(await here.statesOf(who)).toEqual(['paused']);
  });

  test.each([
    ['fails', { status: 500 }],
    ['asks for patience', { rate429: { retryAfterSeconds: 600 } }],
    ['talks nonsense', { garbage: true }],
    ['cuts the line', { reset: true }],
  ])('of a provider that %s keeps what they have', async (_name, faults) => {
    const { user: who, subscription } = await here.subscribed();
    await here.command('revoke', { subscription });
    const before = await here.written();
    here.sandbox.misbehave('stripe', faults);
    // The second time its breaker is open, or it is left in peace.
    for (const time of [1, 2])
      expect({ time, ...(await here.compare(who)).body }).toMatchObject({
        run: { status: 'incomplete', failed: 1, checked: 0 },
        items: [{ outcome: 'failed', errorCode: expect.stringMatching(/^UPSTREAM_/) as unknown }],
      });
    expect(await here.written()).toBe(before);
    expect(await here.statesOf(who)).toEqual(['active']);
    here.sandbox.heal('stripe');
    await here.app.kernel.admin.providers.reset('stripe');
    expect((await here.compare(who)).body).toMatchObject({ items: [{ outcome: 'corrected' }] });
    expect(await here.statesOf(who)).toEqual(['expired']);
  });

  test('is given what was kept here as nobody’s and is their customer’s', async () => {
    const { user: who, customer } = await here.visited();
    const { id: key } = await here.command<{ id: string }>('buy', { customer, price });
    await here.app.record(
      truth({ key, userId: null, productId: price, observedAt: inSeconds(-60) }),
    );
    expect(await here.statesOf(who)).toEqual([]);
    expect((await here.compare(who)).body).toMatchObject({ items: [{ outcome: 'corrected' }] });
    expect(await here.statesOf(who)).toEqual(['active']);
    const written = await here.written();
    await here.compare(who);
    expect(await here.written()).toBe(written);
  });

  test('is what Stripe says last, whatever the clock of the host that asked before', async () => {
    const { user: who, subscription } = await onAnotherHost(here.subscribed);
    await here.command('revoke', { subscription });
    expect((await here.compare(who)).body).toMatchObject({ items: [{ outcome: 'corrected' }] });
    expect(await here.statesOf(who)).toEqual(['expired']);
  });

  test('who is not there is not found', async () => {
    expect((await here.compare({ userId: randomUUID() })).status).toBe(404);
  });
});

describe('operators', () => {
  test('nobody else reconciles or reads the ledger', async () => {
    const { user: who } = await here.subscribed();
    for (const [method, path] of [
      ['POST', '/admin/billing/reconciliations'],
      ['GET', '/admin/billing/reconciliations'],
      ['GET', `/admin/billing/reconciliations/${randomUUID()}`],
      ['GET', '/admin/billing/drift'],
      ['POST', `/admin/billing/customers/${who.userId}/reconcile`],
    ] as const) {
      const body = method === 'POST' ? {} : undefined;
      expect([path, (await here.ask(method, path, body, who)).status]).toEqual([path, 403]);
    }
  });

  test('are named in the audit log and in the run', async () => {
    const { user: who } = await here.subscribed();
    const { body } = await here.compare(who);
    const { entries } = await here.app.kernel.audit.list({
      limit: 10,
      action: 'billing.reconcile-user',
    });
    expect(entries[0]).toMatchObject({
      actorId: here.admin.userId,
      target: who.userId,
      outcome: 'succeeded',
      result: { runId: body.run.id },
    });
    const listed = await here.ask<{ runs: object[] }>(
      'GET',
      `/admin/billing/reconciliations?userId=${who.userId}`,
    );
    expect(listed.body.runs[0]).toMatchObject({ requestedBy: { email: here.admin.email } });
  });

  test('page through runs and the ledger, each once', async () => {
    for (const [path, key] of [
      ['/admin/billing/reconciliations', 'runs'],
      ['/admin/billing/drift', 'entries'],
    ] as const) {
      type Page = Record<string, { id: string }[]> & { next: string | null };
      const all = await here.ask<Page>('GET', `${path}?limit=200`);
      const ids: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const at: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const { body }: { body: Page } = await here.ask<Page>('GET', `${path}?limit=3${at}`);
        ids.push(...(body[key] ?? []).map(({ id }) => id));
        cursor = body.next;
      }
      expect(ids.length).toBeGreaterThan(3);
      expect(ids).toEqual(all.body[key]?.map(({ id }) => id));
      expect((await here.ask('GET', `${path}?cursor=nonsense`)).status).toBe(400);
    }
  });

  test('have it done from the console, too', async () => {
    const actions = here.app.kernel.admin.actions();
    const run = (name: string, input: object) =>
      actions
        .find((action) => action.name === name)
        ?.run(input, { callerId: here.admin.userId, requestId: 'the-request' });
    const { user: who, subscription } = await here.subscribed();
    await here.command('pause', { subscription });
    expect((await run('billing.reconcile-user', { userId: who.userId }))?.message).toContain(
      '1 corrected',
    );
    expect((await run('billing.reconcile', { provider: 'stripe' }))?.message).toContain('stripe');
    const { body } = await here.ask<{ runs: ShownRun[] }>(
      'GET',
      '/admin/billing/reconciliations?provider=stripe&limit=1',
    );
    await here.ended(body.runs[0]?.id ?? '');
    await expect(run('billing.reconcile', { provider: 'google' })).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
    });
  });
});

test('what the console’s page waits for is published', async () => {
  const { admin, events } = here.app.kernel;
  const waited = admin.pages().flatMap(({ changesOn }) => changesOn);
  const heard = new Set<string>();
  const all = new Promise<void>((resolve) => {
    for (const event of waited)
      events.subscribe(event, shape({}), () => {
        heard.add(event);
        if (heard.size === waited.length) resolve();
      });
  });
  // Recorded, and compared.
  const { subscription: key } = await here.subscribed();
  const { userId } = await here.app.signUp();
  await here.app.record(truth({ key, productId: price, userId }));
  await all;
});

test('drift and runs are counted', async () => {
  const count = (name: string, labels: Record<string, string>) =>
    here.app.metric(name, { provider: 'stripe', ...labels });
  const before = await count('bulwark_billing_drift_total', { kind: 'state' });
  const { user: who, subscription } = await here.subscribed();
  await here.command('pause', { subscription });
  await here.compare(who);
  const after = await count('bulwark_billing_drift_total', { kind: 'state' });
  expect((after ?? 0) - (before ?? 0)).toBe(1);
  expect(
    await count('bulwark_billing_reconcile_runs_total', { outcome: 'completed' }),
  ).toBeGreaterThan(0);
  expect(await count('bulwark_billing_reconciled_total', { outcome: 'failed' })).toBeGreaterThan(0);
});
