import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { startOwnStack } from '../../../../../scripts/prove/faults/own-stack.ts';
import { describeCounts, grouped } from '../../../../../scripts/prove/measure/summary.ts';
import { untilHandled } from '../../../../../scripts/prove/webhooks/sender.ts';
import { startStripeStand, stateOf } from '../testing/stripe-stand.ts';

const users = 10;
/** What happens while there is no database, and the state that each purchase is in then. */
const fates = [
  ['cancel', 'cancelled'],
  ['pause', 'paused'],
  ['fail-card', 'grace'],
  ['refund', 'refunded'],
  ['revoke', 'expired'],
] as const;
const awayMs = 3_000;
const deliveredWithinMs = 25_000;

export default defineClaim({
  id: 'stripe-database-down',
  phase: 2,
  claim:
    'While the database is down Stripe is answered with 503, and what it sends again by its schedule when the database is back is all there, once, and each purchase is as Stripe has it.',
  bound: 'no answer but 200 and 503; every event delivered, one row, processed or parked',
  seconds: 30,
  async measure({ startServer, progress, signal }) {
    const [stack, stand] = await Promise.all([startOwnStack(), startStripeStand()]);
    try {
      const environment = { ...stack.environment, ...stand.environment };
      const server = await startServer({ environment });
      stand.sandbox.deliverTo(server.url);
      const people = await Promise.all(Array.from({ length: users }, () => stack.signUp()));
      const bought = await Promise.all(people.map(({ userId }) => stand.buy(userId)));
      const undelivered = async () =>
        (await stand.deliveries()).filter(({ delivered }) => !delivered).length;
      const until = async (isSo: () => Promise<boolean>, patienceMs: number) => {
        const giveUpAt = performance.now() + patienceMs;
        while (!(await isSo())) {
          if (performance.now() > giveUpAt) return false;
          await wait(50, undefined, { signal });
        }
        return true;
      };
      const isTaken = async () => (await undelivered()) === 0;
      await until(isTaken, 10_000);
      // This Postgres writes down late what it has committed, which is not what is measured.
      await wait(1_000, undefined, { signal });
      progress('killing Postgres');
      await stack.kill();
      const killedAt = performance.now();
      await Promise.all(
        bought.map(({ id }, nr) =>
          stand.command(fates[nr % fates.length]?.[0] ?? '', { subscription: id }),
        ),
      );
      await wait(awayMs, undefined, { signal });
      const waiting = await undelivered();
      progress(`${waiting} events wait; starting it again`);
      await stack.start();
      const delivered = await until(isTaken, deliveredWithinMs);
      const backMs = performance.now() - killedAt;
      const client = new Client({ connectionString: stack.environment.DATABASE_URL });
      await client.connect();
      try {
        const done = await untilHandled(client, 'stripe', { patienceMs: 15_000, signal });
        const { rows } = await client.query<{ id: string; state: string }>(
          'select event_id as id, state from bulwark.webhook_events',
        );
        const deliveries = await stand.deliveries();
        const states = await Promise.all(people.map((user) => stateOf(server.url, user)));
        const faults = [
          ...states.flatMap((state, nr) => {
            const [name, wanted] = fates[nr % fates.length] ?? fates[0];
            return state === wanted ? [] : [`${name}: ${state}`];
          }),
          ...rows.flatMap(({ id, state }) =>
            state === 'processed' || state === 'parked' ? [] : [`${id} is ${state}`],
          ),
        ];
        const missing = deliveries.filter(({ event }) => !rows.some(({ id }) => id === event));
        const counts: Record<string, number> = {};
        for (const { answers } of deliveries)
          for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
        return {
          figure: `${grouped(deliveries.length)} events, ${waiting} of them while it was down: ${describeCounts(counts)}; ${missing.length} lost, ${rows.length - (deliveries.length - missing.length)} too many, ${faults.length} purchases or events wrong; all delivered ${(backMs / 1_000).toFixed(1)} s after the kill`,
          holds:
            delivered &&
            done &&
            faults.length === 0 &&
            missing.length === 0 &&
            rows.length === deliveries.length &&
            waiting >= users &&
            (counts['503'] ?? 0) >= waiting &&
            Object.keys(counts).sort().join() === '200,503',
          faults,
        };
      } finally {
        await client.end();
      }
    } finally {
      await stand.close();
      await stack.end();
    }
  },
});
