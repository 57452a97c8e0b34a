import { Client } from 'pg';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { describeCounts, grouped } from '../../../../../scripts/prove/measure/summary.ts';
import { untilHandled } from '../../../../../scripts/prove/webhooks/sender.ts';
import { canary, eventTypes, stripeEvent } from '../testing/stripe-events.ts';
import { buyFated, type Fated } from '../testing/stripe-fates.ts';
import { deliverSigned, startStripeStand, stateOf } from '../testing/stripe-stand.ts';

const purchases = { renewing: 16, once: 8 };
/** Under way at a time. */
const senders = 12;

export default defineClaim({
  id: 'stripe-any-order',
  phase: 2,
  claim:
    'Events of every type that Stripe sends, in any order, some of them twice and all of them wrong about the state, leave each purchase, what renews and what is paid once, in the state that Stripe has it in; types that nobody handles are parked, and nothing of a buyer is kept.',
  bound: 'every purchase right; all 200, none failed, one row each; three ids kept of each',
  seconds: 25,
  async measure({ stack, startServer, progress, signal }) {
    const stand = await startStripeStand();
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    try {
      const servers = await Promise.all(
        [0, 1].map(() => startServer({ environment: stand.environment })),
      );
      const urlOf = (nr: number) => servers[nr % servers.length]?.url ?? '';
      const counts: Record<string, number> = {};
      const seen = new Set<string>();
      const send = async (events: readonly { id: string }[]) => {
        const queue = shuffled([...events, ...shuffled(events).slice(0, events.length / 3)]);
        await Promise.all(
          Array.from({ length: senders }, async () => {
            for (let event = queue.pop(); event !== undefined; event = queue.pop()) {
              signal.throwIfAborted();
              const status = await deliverSigned(urlOf(queue.length), event, stand.secret);
              counts[status] = (counts[status] ?? 0) + 1;
              seen.add(event.id);
            }
          }),
        );
      };
      progress(
        `${purchases.renewing + purchases.once} purchases, ${eventTypes.length} types of events`,
      );
      const bought = await buyFated(stand, () => stack.signUp(), purchases);
      const eventsOf = async (typesOf: (one: Fated) => readonly string[]) => {
        const made = bought.map(async (one) => {
          const subject = await one.subject();
          return typesOf(one).map((type) => stripeEvent(type, subject));
        });
        return (await Promise.all(made)).flat();
      };
      // Each type comes before the last change or after it, and at least one that is followed after it.
      const early = new Set(shuffled(eventTypes).slice(0, eventTypes.length / 2));
      const wander = async ({ which, wanderings }: Fated) => {
        for (const name of wanderings) await stand.command(name, which);
      };
      await Promise.all([
        send(await eventsOf(({ types }) => types.filter((type) => early.has(type)))),
        ...bought.map(wander),
      ]);
      progress('what they come to');
      await Promise.all(
        bought.map(({ which, fate: [name, more] }) => stand.command(name, { ...which, ...more })),
      );
      await send(
        await eventsOf(({ types, last }) => [...types.filter((type) => !early.has(type)), last]),
      );
      const done = await untilHandled(client, 'stripe', { patienceMs: 30_000, signal });
      const states = await Promise.all(bought.map(({ user }, nr) => stateOf(urlOf(nr), user)));
      const faults = bought.flatMap(({ fate: [name, more, wanted] }, nr) =>
        states[nr] === wanted ? [] : [`${name} ${JSON.stringify(more)}: ${states[nr] ?? ''}`],
      );
      const { rows } = await client.query<{ state: string; count: number }>(
        'select state, count(*)::int as count from bulwark.webhook_events group by state order by state',
      );
      const inbox = Object.fromEntries(rows.map(({ state, count }) => [state, count]));
      const kept = await client.query(
        `select 1 from bulwark.webhook_events as event where event::text like '%' || $1 || '%'
         or (select array_agg(key order by key) from jsonb_object_keys(kept) as key) <> '{customer,paymentIntent,subscription}'`,
        [canary],
      );
      const said = servers.filter(({ output }) => output().includes(canary)).length;
      return {
        figure: `${eventTypes.length} types, ${grouped(seen.size)} events: ${describeCounts(counts)}; ${describeCounts(inbox)}; of ${bought.length} purchases, ${purchases.once} paid once, ${faults.length} wrong; more than ids kept of ${kept.rowCount ?? 0}, logged by ${said}`,
        holds:
          done &&
          faults.length === 0 &&
          Object.keys(counts).join() === '200' &&
          Object.keys(inbox).join() === 'parked,processed' &&
          (inbox.parked ?? 0) + (inbox.processed ?? 0) === seen.size &&
          kept.rowCount === 0 &&
          said === 0,
        faults,
      };
    } finally {
      await client.end();
      await stand.close();
    }
  },
});

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ value }) => value);
}
