import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import { defineClaim, type Surroundings } from '../claim.ts';
import { startLoad } from '../measure/http-load.ts';
import { signUpCallers, type Caller } from '../measure/limits.ts';
import { describeCounts, grouped } from '../measure/summary.ts';

const processes = 3;
const kills = 24;
const clients = 12;
/** What one effect takes, so that a kill meets some before, within and after their commit. */
const longestEffectMs = 20;
/** After at most so many answers a server is killed. */
const mostAnswers = 60;

export default defineClaim({
  id: 'idempotency-crash',
  phase: 5,
  claim:
    'However often a server is killed with SIGKILL under load, a client that repeats its request with the same Idempotency-Key until it is answered has exactly one effect.',
  bound: `${kills} kills; each effect exactly once`,
  seconds: 30,
  async measure(surroundings) {
    const { stack, progress, signal } = surroundings;
    const [caller] = (await signUpCallers(surroundings, 1)) as [Caller];
    const slots = await Promise.all(
      Array.from({ length: processes }, () => startOne(surroundings)),
    );
    let killed = 0;
    let killing = processes;
    const tally = { answered: [] as string[], repeated: 0, replayed: 0 };
    const met: Record<string, number> = {};

    async function work(first: number): Promise<void> {
      for (let turn = first; killing > 0; turn += 1) {
        const key = randomUUID();
        const ms = Math.floor(Math.random() * longestEffectMs);
        for (let attempt = 0; ; attempt += 1) {
          signal.throwIfAborted();
          const server = slots[(turn + attempt) % processes];
          if (server === undefined) throw new Error('There is no such server');
          const { result, replayed } = await postOnce(server.url, caller, key, ms);
          server.answers += result === '201' ? 1 : 0;
          met[result] = (met[result] ?? 0) + 1;
          if (attempt > 0) tally.repeated += 1;
          if (replayed) tally.replayed += 1;
          if (result === '201') break;
          // A refusal would be refused again; anything else is an answer that a client may wait out.
          if (/^4/.test(result) && result !== '409') throw new Error(`answered with ${result}`);
          await wait(50);
        }
        tally.answered.push(key);
      }
    }

    /** Each server on its own, so that now and then none is there. */
    async function killAgainAndAgain(slot: number): Promise<void> {
      for (let turn = 0; turn < kills / processes; turn += 1) {
        const server = slots[slot];
        if (server === undefined) return;
        // At work, and then at any point of it.
        const answers = Math.random() * mostAnswers;
        while (server.answers < answers) {
          signal.throwIfAborted();
          await wait(5);
        }
        await wait(Math.random() * longestEffectMs);
        server.child.kill('SIGKILL');
        await server.ended;
        killed += 1;
        progress(`${killed} of ${kills} kills: ${describeCounts(met)}`);
        slots[slot] = await startOne(surroundings);
      }
      killing -= 1;
    }

    await Promise.all([
      ...slots.map((_, slot) => killAgainAndAgain(slot)),
      ...Array.from({ length: clients }, (_, index) => work(index)),
    ]);
    const faults = await miscounted(stack.database.url, tally.answered);
    return {
      figure: `${killed} kills, ${grouped(tally.answered.length)} requests answered, ${faults.length} with an effect too many or too few; ${tally.repeated} repetitions, ${tally.replayed} found the effect done`,
      holds: faults.length === 0 && tally.replayed > 0,
      faults: tally.replayed > 0 ? faults : [...faults, 'no kill came between effect and answer'],
    };
  },
});

async function startOne({
  startServer,
}: Surroundings): Promise<ServerProcess & { answers: number }> {
  const server = await startServer({
    script: 'probe.ts',
    environment: { RATE_LIMIT_SIGNED_IN: '1000000' },
  });
  return { ...server, answers: 0 };
}

async function postOnce(url: string, caller: Caller, key: string, ms: number) {
  const [outcome] = await startLoad({
    rate: 1_000,
    seconds: 1 / 1_000,
    connections: 1,
    timeoutMs: 10_000,
    request: () => ({
      url: `${url}/api/v1/probe/effects`,
      method: 'POST',
      headers: { ...caller.headers, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ key, ms }),
    }),
  }).finished;
  return {
    result: outcome?.result ?? 'nothing',
    replayed: outcome?.headers['idempotency-replayed'] === 'true',
  };
}

/** Each key that does not have one effect, and each effect that no answered key has. */
async function miscounted(databaseUrl: string, keys: readonly string[]): Promise<string[]> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const { rows } = await database.query<{ key: string; effects: number }>(
      `select key, count(effect.id)::int as effects
       from unnest($1::text[]) as answered (key)
       full join public.probe_effects as effect using (key)
       group by key, answered.key having count(effect.id) <> 1 or answered.key is null`,
      [keys],
    );
    return rows.map(({ key, effects }) => `${key}: ${effects} effects`);
  } finally {
    await database.end();
  }
}
