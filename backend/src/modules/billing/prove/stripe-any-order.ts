import { Client } from 'pg';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { describeCounts, grouped } from '../../../../../scripts/prove/measure/summary.ts';
import { untilHandled } from '../../../../../scripts/prove/webhooks/sender.ts';
import { canary, eventTypes, stripeEvent } from '../testing/stripe-events.ts';
import { deliverSigned, startStripeStand, stateOf } from '../testing/stripe-stand.ts';

/** What becomes of a subscription, and the state that it is in then. */
const fates = [
  ['cancel', {}, 'cancelled'],
  ['fail-card', {}, 'grace'],
  ['give-up', {}, 'on-hold'],
  ['pause', {}, 'paused'],
  ['refund', {}, 'refunded'],
  ['dispute', { status: 'lost' }, 'revoked'],
  ['revoke', {}, 'expired'],
  ['resume', {}, 'active'],
] as const;
const wanderings = ['cancel', 'resume', 'pause', 'resume', 'renew'];
const users = 16;
/** Under way at a time. */
const senders = 12;

export default defineClaim({
  id: 'stripe-any-order',
  phase: 2,
  claim:
    'Events of every type that Stripe sends, in any order, some of them twice and all of them wrong about the state, leave each purchase in the state that Stripe has it in; types that nobody handles are parked, and nothing of a buyer is kept.',
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
      progress(`${users} subscriptions, ${eventTypes.length} types of events`);
      const people = await Promise.all(Array.from({ length: users }, () => stack.signUp()));
      const bought = await Promise.all(
        people.map(async (user) => ({ user, ...(await stand.buy(user.userId)) })),
      );
      const eventsOf = async (of: readonly string[]) => {
        const made = bought.map(async ({ id }) => {
          const subject = await stand.subjectOf(id);
          return of.map((type) => stripeEvent(type, subject));
        });
        return (await Promise.all(made)).flat();
      };
      // Each type comes before the last change or after it, and at least one that is followed after it.
      const early = shuffled(eventTypes).slice(0, eventTypes.length / 2);
      const late = eventTypes.filter((type) => !early.includes(type));
      const wander = async () => {
        for (const name of wanderings)
          await Promise.all(bought.map(({ id }) => stand.command(name, { subscription: id })));
      };
      await Promise.all([send(await eventsOf(early)), wander()]);
      progress('what they come to');
      await Promise.all(
        bought.map(({ id }, nr) => {
          const [name, more] = fates[nr % fates.length] ?? fates[0];
          return stand.command(name, { subscription: id, ...more });
        }),
      );
      await send(await eventsOf([...late, 'invoice.paid']));
      const done = await untilHandled(client, 'stripe', { patienceMs: 30_000, signal });
      const states = await Promise.all(bought.map(({ user }, nr) => stateOf(urlOf(nr), user)));
      const faults = states.flatMap((state, nr) => {
        const [name, , wanted] = fates[nr % fates.length] ?? fates[0];
        return state === wanted ? [] : [`${name}: ${state}`];
      });
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
        figure: `${eventTypes.length} types, ${grouped(seen.size)} events: ${describeCounts(counts)}; ${describeCounts(inbox)}; ${faults.length} of ${users} purchases wrong; more than ids kept of ${kept.rowCount ?? 0}, logged by ${said}`,
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
