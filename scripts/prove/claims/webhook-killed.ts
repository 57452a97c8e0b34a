import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import { defineClaim, type Surroundings } from '../claim.ts';
import { grouped } from '../measure/summary.ts';
import { senderTables, type FaultPoint, type SentEvent } from '../servers/sender/signed.ts';
import { misdone, sendUntilTaken, senderLimits, untilHandled } from '../webhooks/sender.ts';

const points: readonly FaultPoint[] = ['stored', 'before-effect', 'before-commit'];
const killsAtEach = 6;
const processes = 3;
/** Beside those that kill, from so many senders. */
const senders = 6;
/** Between two events of one sender: what waits must not pile up. */
const pauseMs = 50;
const doneWithinSeconds = 30;
const lastOne = 'last';
/** Before its lease lapses, which takes ten seconds. */
const makeItTheLast = `
  update pgboss.job set retry_limit = retry_count
  where name = 'webhooks.sender'
    and singleton_key = (select id::text from bulwark.webhook_events where event_id = $1)`;

export default defineClaim({
  id: 'webhook-killed',
  phase: 2,
  claim:
    'A server that is killed with SIGKILL after it has stored an event, before the event’s effect or between the effect and its commit loses none and doubles none: each has its one effect soon after. Killed in its last attempt it is marked failed, and has its effect by a replay.',
  bound: `${killsAtEach} kills at each of ${points.length} points under load and one at a last attempt; one effect each, at most ${doneWithinSeconds} s after the sender was told, and failed within ${doneWithinSeconds} s`,
  seconds: 35,
  async measure(surroundings) {
    const { stack, progress, signal } = surroundings;
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    try {
      await client.query(senderTables);
      const stand = await keepUp(surroundings);
      const ids: string[] = [];
      const over = { is: false };
      const send = async (event: Omit<SentEvent, 'type'>, first: number) => {
        ids.push(event.id);
        const sent: SentEvent = { ...event, type: 'thing.happened' };
        await sendUntilTaken((attempt) => stand.urlOf(first + attempt), sent, signal);
      };
      const load = Array.from({ length: senders }, async (_, sender) => {
        for (let nr = 0; !over.is; nr += 1) {
          await send({ id: `event-${sender}-${nr}`, ms: nr % 20 }, sender + nr);
          await wait(pauseMs);
        }
      });
      for (let turn = 0; turn < killsAtEach; turn += 1)
        for (const [index, killAt] of points.entries()) {
          // Its first attempt is the one that kills, and has to meet somebody.
          await stand.until(() => stand.here() > 0);
          const before = stand.kills();
          await send({ id: `${killAt}-${turn}`, killAt }, turn + index);
          await stand.until(() => stand.kills() > before);
          progress(`${stand.kills()} of ${killsAtEach * points.length} kills`);
        }
      await stand.until(() => stand.here() > 0);
      const before = stand.kills();
      await send({ id: lastOne, killAt: 'before-effect' }, 0);
      await stand.until(() => stand.kills() > before);
      await client.query(makeItTheLast, [lastOne]);
      over.is = true;
      await Promise.all(load);
      const done = await untilHandled(client, 'sender', {
        patienceMs: (doneWithinSeconds + 5) * 1_000,
        signal,
      });
      progress('the last attempt');
      const { accessToken } = await stack.signUp({ role: 'admin' });
      const replayed = await replay(client, stand.urlOf(0), accessToken);
      await untilHandled(client, 'sender', { patienceMs: 5_000, signal });
      stand.rest();
      const faults = await misdone(client, ids);
      const { rows } = await client.query<{ seconds: number; deaths: number }>(
        `select max(extract(epoch from at - received_at))::float as seconds,
                (select count(*)::int from public.webhook_deaths) as deaths
         from bulwark.webhook_events as event join public.webhook_effects using (event_id)
         where event_id <> $1`,
        [lastOne],
      );
      const { seconds = Infinity, deaths = 0 } = rows[0] ?? {};
      return {
        figure: `${stand.kills()} kills, ${grouped(ids.length)} events, ${faults.length} with an effect too many or too few; the slowest effect ${seconds.toFixed(1)} s after its event was stored; of the last attempt ${replayed} failed and replayed`,
        holds:
          done &&
          faults.length === 0 &&
          seconds <= doneWithinSeconds &&
          replayed === 1 &&
          stand.kills() === killsAtEach * points.length + 1 &&
          deaths === killsAtEach * 2 + 1,
        faults: faults.slice(0, 10),
      };
    } finally {
      await client.end();
    }
  },
});

/** Where it is marked failed, as it should be. Resolves with how many were taken up again. */
async function replay(client: Client, url: string, accessToken: string): Promise<number> {
  const { rows } = await client.query<{ id: string }>(
    `select id from bulwark.webhook_events where event_id = $1 and state = 'failed'`,
    [lastOne],
  );
  const answer = await fetch(`${url}/api/v1/admin/webhooks/replay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ ids: rows.map(({ id }) => id) }),
  });
  return answer.ok ? rows.length : 0;
}

/** Some servers, each started anew when it was killed. */
async function keepUp({ startServer, signal }: Surroundings) {
  const start = () => startServer({ script: 'sender.ts', environment: senderLimits });
  const slots: (ServerProcess | undefined)[] = await Promise.all(
    Array.from({ length: processes }, start),
  );
  let kills = 0;
  let resting = false;
  const waiting = new Set<() => void>();
  const tellAll = () => {
    for (const tell of waiting) tell();
  };
  async function watch(slot: number): Promise<void> {
    for (;;) {
      const end = await slots[slot]?.ended;
      if (resting || signal.aborted || end !== 'SIGKILL') return;
      slots[slot] = undefined;
      kills += 1;
      tellAll();
      slots[slot] = await start();
      tellAll();
    }
  }
  for (const slot of slots.keys()) void watch(slot).catch(() => undefined);
  return {
    kills: () => kills,
    /** The one whose turn it is, or the next that is there. */
    urlOf(turn: number): string {
      const here = slots.filter((server) => server !== undefined);
      return here[turn % Math.max(1, here.length)]?.url ?? 'http://127.0.0.1:9';
    },
    here: () => slots.filter((server) => server !== undefined).length,
    until(isSo: () => boolean): Promise<void> {
      return new Promise((resolve) => {
        const tell = () => {
          if (!isSo()) return;
          waiting.delete(tell);
          resolve();
        };
        waiting.add(tell);
        tell();
      });
    },
    rest() {
      resting = true;
    },
  };
}
