import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import type { ServerProcess } from '../../../../test/support/server-process.ts';
import { signatureOf } from '../../../../local/providers/stripe/deliveries.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { describeCounts, grouped } from '../../../../../scripts/prove/measure/summary.ts';
import { stripeEvent } from '../testing/stripe-events.ts';
import { deliver, startStripeStand } from '../testing/stripe-stand.ts';

const [older, newer] = [
  'whsec_the-secret-before-0123456789abcdef',
  'whsec_the-secret-after-0123456789abcdef',
];
const subject = { subscription: 'sub_of_nobody', customer: 'cus_1', paymentIntent: 'pi_1' };
const senders = 6;
const pauseMs = 15;
const stepMs = 1_000;

/** As Stripe signs while both are good: one time, a digest by each. */
function signedBy(body: string, secrets: readonly string[]): string {
  const at = Math.floor(Date.now() / 1_000);
  const digests = secrets.map((secret) => signatureOf(body, secret, at).replace(/^t=\d+,/, ''));
  return [`t=${at}`, ...digests].join();
}

export default defineClaim({
  id: 'stripe-secret-rotation',
  phase: 2,
  claim:
    'The signing secret of Stripe is exchanged on a running server, as its documentation says, by an overlap or by a second endpoint, and no event is refused or lost; the old one is good for nothing after it.',
  bound: 'every event 200 at its first delivery, one row each; the old secret 400',
  seconds: 28,
  async measure({ stack, startServer, progress, signal }) {
    const stand = await startStripeStand();
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    const start = (secrets: readonly string[]) =>
      startServer({
        environment: {
          ...stand.environment,
          STRIPE_WEBHOOK_SECRETS: secrets.join(),
          // As in production: what was on its way to a server that ends is answered.
          SHUTDOWN_DRAIN_MS: '1500',
        },
      });
    try {
      let servers: ServerProcess[] = await Promise.all([start([older]), start([older])]);
      /** By turns, an event by all of one line. */
      let signing: readonly (readonly string[])[] = [[older]];
      const over = { is: false };
      const sent = new Set<string>();
      const counts: Record<string, number> = {};
      const load = Array.from({ length: senders }, async (_, sender) => {
        for (let nr = sender; !over.is; nr += 1) {
          const event = stripeEvent('product.updated', subject);
          const body = JSON.stringify(event);
          const server = servers[nr % servers.length]?.url ?? '';
          const signers = signing[nr % signing.length] ?? [];
          const status = await deliver(server, body, signedBy(body, signers));
          counts[status] = (counts[status] ?? 0) + 1;
          sent.add(event.id);
          await wait(pauseMs);
        }
      });
      /** One after the other, as PM2 does it: the new one takes requests before the old one is told to end. */
      const reload = async (secrets: readonly string[]) => {
        for (const before of servers) {
          const after = await start(secrets);
          servers = servers.map((server) => (server === before ? after : server));
          before.child.kill('SIGTERM');
          await before.ended;
        }
      };
      const steps: [string, () => Promise<void> | void][] = [
        ['Stripe signs by both', () => void (signing = [[newer, older]])],
        ['the server takes both', () => reload([newer, older])],
        ['two endpoints sign by one each', () => void (signing = [[newer], [older]])],
        ['Stripe signs by the new one alone', () => void (signing = [[newer]])],
        ['the server takes the new one alone', () => reload([newer])],
      ];
      await wait(stepMs, undefined, { signal });
      for (const [name, step] of steps) {
        progress(name);
        await step();
        await wait(stepMs, undefined, { signal });
      }
      over.is = true;
      await Promise.all(load);
      const body = JSON.stringify(stripeEvent('product.updated', subject));
      const afterwards = await Promise.all(
        servers.map(({ url }) => deliver(url, body, signedBy(body, [older]))),
      );
      const { rows } = await client.query<{ id: string }>(
        'select event_id as id from bulwark.webhook_events',
      );
      const stored = new Set(rows.map(({ id }) => id));
      const lost = [...sent].filter((id) => !stored.has(id)).length;
      return {
        figure: `${grouped(sent.size)} events through ${steps.length} steps, two of them reloads: ${describeCounts(counts)}; ${lost} lost; by the old secret afterwards ${afterwards.join(' and ')}`,
        holds:
          lost === 0 &&
          rows.length === sent.size &&
          Object.keys(counts).join() === '200' &&
          afterwards.every((status) => status === 400),
      };
    } finally {
      await client.end();
      await stand.close();
    }
  },
});
