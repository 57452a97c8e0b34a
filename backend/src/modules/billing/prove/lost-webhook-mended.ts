import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { openSockets } from '../../../../../scripts/prove/measure/socket-pool.ts';
import { milliseconds } from '../../../../../scripts/prove/measure/summary.ts';
import { untilHandled } from '../../../../../scripts/prove/webhooks/sender.ts';
import type { ShownDrift, ShownRun } from '../testing/operator.ts';
import { startStripeStand } from '../testing/stripe-stand.ts';

const price = 'price_sandbox_pro_monthly';

export default defineClaim({
  id: 'lost-webhook-mended',
  phase: 2,
  claim:
    'A refund and a purchase whose webhooks were lost are found by the next reconciliation, told to the user’s socket, and stand in the drift ledger with a reason and since when.',
  bound: 'both mended and told, two entries, none from the run after it',
  seconds: 15,
  async measure({ stack, startServer, progress, signal }) {
    const stand = await startStripeStand();
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    const server = await startServer({
      environment: { ...stand.environment, BILLING_RECONCILE_CRON: 'off' },
    });
    /** Each event of the purchase makes the server look at it, and after the refund would find it. */
    const untilQuiet = async () => {
      while ((await stand.deliveries()).some(({ delivered }) => !delivered))
        await wait(50, undefined, { signal });
      await untilHandled(client, 'stripe', { patienceMs: 10_000, signal });
    };
    const [admin, refunded, buyer] = [
      await stack.signUp({ role: 'admin' }),
      await stack.signUp(),
      await stack.signUp(),
    ];
    const ask = async <T>(method: string, path: string, token: string, body?: object) => {
      const answer = await fetch(`${server.url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    };
    const entitlements = async (token: string) =>
      (await ask<{ entitlements: object[] }>('GET', '/me/entitlements', token)).entitlements.length;
    const reconcile = async (): Promise<ShownRun> => {
      const path = '/admin/billing/reconciliations';
      const { runs } = await ask<{ runs: { run: ShownRun }[] }>(
        'POST',
        path,
        admin.accessToken,
        {},
      );
      for (;;) {
        const id = runs[0]?.run.id ?? '';
        const { run } = await ask<{ run: ShownRun }>('GET', `${path}/${id}`, admin.accessToken);
        if (run.status !== 'running') return run;
        await wait(50, undefined, { signal });
      }
    };
    const pool = await openSockets({
      url: server.url,
      count: 2,
      token: (index) => (index === 0 ? refunded : buyer).accessToken,
    });
    /** Resolves with when the socket was told that it has this many entitlements. */
    const told = (index: number, wanted: number) =>
      new Promise<number>((resolve) => {
        const heard = ({ entitlements: now }: { entitlements: object[] }) => {
          if (now.length === wanted) resolve(Date.now());
        };
        pool.sockets[index]?.socket.on('entitlements:changed', heard);
      });
    try {
      stand.sandbox.deliverTo(server.url);
      const bought = told(0, 1);
      const { id } = await stand.buy(refunded.userId);
      await bought;
      await untilQuiet();
      await stand.command('webhook', { lost: true });
      await stand.command('refund', { subscription: id });
      const { url } = await ask<{ url: string }>('POST', '/billing/checkout', buyer.accessToken, {
        price,
      });
      await fetch(url, { method: 'POST', redirect: 'manual' });
      progress('two events are lost');
      await wait(1_000, undefined, { signal });
      const before = [
        await entitlements(refunded.accessToken),
        await entitlements(buyer.accessToken),
      ];
      const hears = Promise.all([told(0, 0), told(1, 1)]);
      const beganAt = Date.now();
      const run = await reconcile();
      const lastHeardAt = Math.max(
        ...(await Promise.race([hears, wait(5_000, [Infinity], { signal })])),
      );
      const after = [
        await entitlements(refunded.accessToken),
        await entitlements(buyer.accessToken),
      ];
      const second = await reconcile();
      const { entries } = await ask<{ entries: ShownDrift[] }>(
        'GET',
        '/admin/billing/drift',
        admin.accessToken,
      );
      const kinds = entries.map(({ kind, guess, sinceIs }) => `${kind}, ${guess}, ${sinceIs}`);
      const expected = ['missing, never-told, provider', 'state, missed-event, provider'];
      const faults = [
        ...(before.join() === '1,0' ? [] : [`before: ${before.join()}`]),
        ...(after.join() === '0,1' ? [] : [`after: ${after.join()}`]),
        ...(run.corrected === 1 && run.found === 1 ? [] : [JSON.stringify(run)]),
        ...(second.corrected + second.found === 0 ? [] : [JSON.stringify(second)]),
        ...(kinds.toSorted().join() === expected.join() ? [] : [`ledger: ${kinds.join('; ')}`]),
      ];
      return {
        figure: `a lost refund and a lost purchase mended and told to both sockets ${milliseconds(lastHeardAt - beganAt)} after reconciliation was asked for; ${entries.length} entries in the ledger (${kinds.join('; ')}), ${second.corrected + second.found} more from the second run`,
        holds: faults.length === 0 && Number.isFinite(lastHeardAt),
        faults,
      };
    } finally {
      pool.close();
      await client.end();
      await stand.close();
    }
  },
});
