import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { createRandom, type Faults } from '../../../../local/providers/faults.ts';
import { type Sandbox, startSandbox } from '../../../../local/providers/sandbox.ts';
import { stripe } from '../../../../local/providers/stripe.ts';
import { commandOf } from '../../../../local/providers/testing/command.ts';
import type { ServerProcess } from '../../../../test/support/server-process.ts';
import { defineClaim, type Surroundings } from '../../../../../scripts/prove/claim.ts';
import { grouped } from '../../../../../scripts/prove/measure/summary.ts';
import type { PurchaseState } from '../state.ts';
import { startBillingApp } from '../testing/app.ts';
import { type ShownRun, writtenRows } from '../testing/operator.ts';
import { inSeconds, truth } from '../testing/truths.ts';

const count = 1_000;
const users = 10;
const price = 'price_sandbox_pro_monthly';

/** What happens to a subscription at Stripe while nobody tells us, and what it must be here then. */
const events: readonly (readonly [name: string, more: object, state: PurchaseState])[] = [
  ['cancel', {}, 'cancelled'],
  ['fail-card', {}, 'grace'],
  ['give-up', {}, 'on-hold'],
  ['pause', {}, 'paused'],
  ['refund', {}, 'refunded'],
  ['dispute', { status: 'lost' }, 'revoked'],
  ['revoke', {}, 'expired'],
  ['renew', {}, 'active'],
  ['upgrade', { price: 'price_sandbox_team_monthly' }, 'active'],
];

/** One after the other while the first run goes on: what the API does to one call in so many. */
const faults: readonly Faults[] = [
  { rate429: { retryAfterSeconds: 1 }, forNext: 1 },
  // Both at once: a call that hangs costs its deadline.
  { slowBody: true, forNext: 2 },
  { status: 500, failRate: 0.04 },
  { garbage: true, failRate: 0.04 },
  { reset: true, failRate: 0.04 },
];

/** A subscription, and how it must end up; undefined where Stripe does not know it. */
interface Sold {
  key: string;
  state: PurchaseState;
  isLost: boolean;
}

export default defineClaim({
  id: 'reconciliation-converges',
  phase: 2,
  claim:
    'With 1,000 subscriptions, every third of which has drifted, reconciliation comes to what Stripe says while its API answers 429, 500 and nonsense, cuts connections and times out, and a worker is killed in the middle; no fault takes anything from anybody, and a second run writes nothing.',
  bound:
    'every purchase in its right state, no entry of the history on the way that is not; one ledger entry each; the second run changes 0 rows',
  seconds: 40,
  async measure(surroundings) {
    const sandbox = await startSandbox({ providers: [stripe] });
    const client = new Client({ connectionString: surroundings.stack.database.url });
    await client.connect();
    try {
      return await measured(surroundings, sandbox, client);
    } finally {
      await client.end();
      await sandbox.close();
    }
  },
});

async function measured(
  { stack, startServer, progress, signal }: Surroundings,
  sandbox: Sandbox,
  client: Client,
) {
  const environment = {
    ...sandbox.environment,
    BILLING_RECONCILE_CRON: 'off',
    BILLING_RECONCILE_PER_SECOND: '500',
    RATE_LIMIT_SIGNED_IN: '100000',
  };
  progress(`${grouped(count)} subscriptions`);
  const sold = await sell(stack, sandbox);
  const drifted = sold.filter(({ isLost, state }) => isLost || state !== 'active').length;
  const admin = await stack.signUp({ role: 'admin' });
  const { log } = sandbox.provider('stripe');
  log.clear();
  let server = await startServer({ environment });
  const begun = performance.now();
  const run = await start(server, admin.accessToken);
  const spoiling = new AbortController();
  const spoilt = spoil(sandbox, spoiling.signal);
  while ((await runOf(client, run)).checked < count / 3) await wait(20, undefined, { signal });
  server.child.kill('SIGKILL');
  await server.ended;
  progress('a worker is killed');
  const { checked: cutAt } = await runOf(client, run);
  // As if the leases of what it held had passed; that they do is another claim.
  await client.query(
    `update pgboss.job set heartbeat_on = now() - interval '1 minute' where state = 'active'`,
  );
  server = await startServer({ environment });
  const first = await ended(client, run, signal);
  spoiling.abort();
  const met = await spoilt;
  sandbox.heal('stripe');
  const calls = log.count();
  const seconds = (performance.now() - begun) / 1_000;
  progress('the second run');
  const before = await written(client);
  const second = await ended(client, await start(server, admin.accessToken), signal);
  const rewritten = (await written(client)) !== before;
  const found = await wrong(client, sold);
  return {
    figure: `${grouped(first.checked)} purchases compared in ${seconds.toFixed(1)} s through ${met.filter((each) => each > 0).length} kinds of faults (${grouped(met.reduce((sum, each) => sum + each))} of ${grouped(calls)} calls spoilt) and a SIGKILL at ${cutAt}; ${first.corrected} corrected, ${first.found} found, ${first.failed} left, ${drifted} had changed their state; ${found.length} wrong; the second run compared ${grouped(second.checked)} and wrote ${rewritten ? 'something' : '0 rows'}`,
    holds:
      found.length === 0 &&
      first.status === 'completed' &&
      first.failed === 0 &&
      first.found === sold.filter(({ isLost }) => isLost).length &&
      second.status === 'completed' &&
      second.same === second.checked &&
      second.checked === count &&
      !rewritten &&
      cutAt < count &&
      met.every((each) => each > 0),
    faults: [
      ...found.slice(0, 10),
      ...(first.failed > 0 || second.same !== count ? [JSON.stringify({ first, second })] : []),
    ],
  };
}

/** Buys at Stripe, has all but a few of it known here, and lets one in three drift. Nothing is told. */
async function sell(stack: Surroundings['stack'], sandbox: Sandbox): Promise<Sold[]> {
  const random = createRandom(7);
  const command = commandOf(sandbox, 'stripe');
  const app = await startBillingApp({
    stack,
    environment: { ...sandbox.environment, BILLING_RECONCILE_CRON: 'off' },
  });
  const sold: Sold[] = [];
  try {
    for (let nr = 0; nr < users; nr += 1) {
      const { userId, accessToken } = await stack.signUp();
      const opened = await app.request
        .post('/api/v1/billing/checkout')
        .set('authorization', `Bearer ${accessToken}`)
        .send({ price });
      if (opened.status !== 200) throw new Error(opened.text);
      const customer = await customerOf(app.database.url, userId);
      const bought: Bought[] = [];
      for (let each = 0; each < count / users; each += 1)
        bought.push(await command<Bought>('buy', { userId, customer, price }));
      await app.kernel.db.asService(async (tx) => {
        for (const [each, { id: key, start_date: startedAt, items }] of bought.entries()) {
          const isLost = each % 40 === 0;
          sold.push({ key, state: 'active', isLost });
          if (isLost) continue;
          await app.billing.record(
            tx,
            truth({
              key,
              userId,
              productId: price,
              environment: 'sandbox',
              startedAt: new Date(startedAt * 1_000),
              periodEndsAt: new Date((items.data[0]?.current_period_end ?? 0) * 1_000),
              manageUrl: null,
              observedAt: inSeconds(-10),
            }),
            { source: 'webhook' },
          );
        }
      });
    }
    for (const each of sold) {
      if (random() > 1 / 3) continue;
      const [name, more, state] = events[Math.floor(random() * events.length)] ?? [
        'renew',
        {},
        'active',
      ];
      await command(name, { subscription: each.key, ...more });
      each.state = state;
    }
  } finally {
    await app.stop();
  }
  return sold;
}

interface Bought {
  id: string;
  start_date: number;
  items: { data: { current_period_end: number }[] };
}

async function customerOf(url: string, userId: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ id: string }>(
    'select customer_id as id from billing.customers where user_id = $1',
    [userId],
  );
  await client.end();
  return rows[0]?.id ?? '';
}

/** Until it is told to stop. Resolves with how many calls met each of the faults. */
async function spoil(sandbox: Sandbox, signal: AbortSignal): Promise<number[]> {
  const met = faults.map(() => 0);
  // The sandbox keeps the last calls only.
  const seen = new Set<object>();
  for (let nr = 0; !signal.aborted; nr += 1) {
    const index = nr % faults.length;
    const fault = faults[index];
    // What hangs, hangs once.
    if (fault === undefined || (fault.slowBody === true && met[index] !== 0)) continue;
    sandbox.misbehave('stripe', fault);
    await wait(1_000, undefined, { signal }).catch(() => undefined);
    for (const call of sandbox.calls('stripe'))
      if (call.spoilt && !seen.has(call)) {
        seen.add(call);
        met[index] = (met[index] ?? 0) + 1;
      }
  }
  return met;
}

async function start({ url }: ServerProcess, accessToken: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/admin/billing/reconciliations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { runs } = (await answer.json()) as { runs: { run: ShownRun }[] };
  return runs[0]?.run.id ?? '';
}

async function runOf(client: Client, id: string): Promise<ShownRun> {
  const { rows } = await client.query<ShownRun>(
    'select * from billing.reconciliations where id = $1',
    [id],
  );
  if (!rows[0]) throw new Error('There is no run');
  return rows[0];
}

async function ended(client: Client, id: string, signal: AbortSignal): Promise<ShownRun> {
  for (;;) {
    const run = await runOf(client, id);
    if (run.status !== 'running') return run;
    await wait(100, undefined, { signal });
  }
}

const written = async (client: Client): Promise<string | undefined> =>
  (await client.query<{ rows: string }>(writtenRows)).rows[0]?.rows;

/** What is not as it must be: the state at the end, and each one on the way there. */
async function wrong(client: Client, sold: readonly Sold[]): Promise<string[]> {
  const { rows } = await client.query<{ key: string; states: string[]; entries: number }>(
    `select key, array(select state_after from billing.purchase_history where purchase_id = p.id order by id)
       as states,
       (select count(*)::integer from billing.drift where purchase_id = p.id) as entries
     from billing.purchases p`,
  );
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return sold.flatMap(({ key, state, isLost }) => {
    const row = byKey.get(key);
    if (!row) return [`${key}: not here`];
    const onTheWay = row.states.filter((each) => each !== 'active' && each !== state);
    const isRight = row.states.at(-1) === state && onTheWay.length === 0 && row.entries <= 1;
    return isRight && (!isLost || row.entries === 1)
      ? []
      : [`${key}: ${row.states.join(' → ')}, must be ${state}; ${row.entries} ledger entries`];
  });
}
