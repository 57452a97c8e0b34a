import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { defineClaim } from '../claim.ts';
import { startLoad, type Outcome } from '../measure/http-load.ts';
import { countOf, signUpCallers, startServers, type Caller } from '../measure/limits.ts';
import { describeCounts, summarize } from '../measure/summary.ts';

const rounds = 5;
const atOnce = 100;

export default defineClaim({
  id: 'idempotency-parallel',
  phase: 5,
  claim:
    'A hundred requests with one Idempotency-Key at once, to two processes, have one effect; another body is refused, and another user has a key of their own.',
  bound: '1 effect a key; every other answer is the same again, or 409',
  seconds: 8,
  async measure(surroundings) {
    const { stack, signal, progress } = surroundings;
    const servers = await startServers(surroundings, 2, { RATE_LIMIT_SIGNED_IN: '1000000' });
    const [ada, bob] = (await signUpCallers(surroundings, 2)) as [Caller, Caller];
    const database = new Client({ connectionString: stack.database.url });
    await database.connect();
    const faults: string[] = [];
    let [replayed, inFlight] = [0, 0];

    /** Resolves when each has its answer. The first is the one that the others repeat. */
    const send = (key: string, body: object, caller: Caller, times: number) =>
      startLoad({
        rate: 20_000,
        seconds: times / 20_000,
        connections: times,
        request: (index) => ({
          url: `${servers[index % servers.length]?.url ?? ''}/api/v1/probe/effects`,
          method: 'POST',
          headers: {
            ...caller.headers,
            'content-type': 'application/json',
            'idempotency-key': key,
          },
          body: JSON.stringify(body),
        }),
        signal,
      }).finished;
    const effects = async (key: string) => {
      const { rows } = await database.query<{ count: number }>(
        'select count(*)::int as count from public.probe_effects where key = $1',
        [key],
      );
      return rows[0]?.count ?? 0;
    };
    const expect = (holds: boolean, fault: string) => {
      if (!holds) faults.push(fault);
    };

    try {
      for (let round = 1; round <= rounds; round += 1) {
        progress(`round ${round} of ${rounds}`);
        const key = randomUUID();
        const outcomes = await send(key, { key, ms: 20 }, ada, atOnce);
        const done = countOf(outcomes, '201');
        const again = outcomes.filter(isReplay).length;
        replayed += again;
        inFlight += countOf(outcomes, '409');
        const counts = describeCounts(summarize(outcomes).counts);
        expect(done - again === 1, `${done - again} of ${atOnce} were done for the first time`);
        expect(done + countOf(outcomes, '409') === atOnce, counts);
        expect((await effects(key)) === 1, `${await effects(key)} effects of one key`);

        const [late] = await send(key, { key, ms: 20 }, ada, 1);
        expect(late !== undefined && isReplay(late), 'a later repetition was not answered again');
        const [other] = await send(key, { key: `${key}!` }, ada, 1);
        expect(other?.result === '422', `another body was answered with ${other?.result ?? ''}`);
        const [ofBob] = await send(key, { key, ms: 20 }, bob, 1);
        expect(
          ofBob?.result === '201' && !isReplay(ofBob) && (await effects(key)) === 2,
          'another user did not have an effect of their own',
        );
      }
    } finally {
      await database.end();
    }
    return {
      figure: `${rounds} × ${atOnce} at once: ${rounds} effects, ${replayed} answered again, ${inFlight} × 409`,
      holds: faults.length === 0,
      faults,
    };
  },
});

const isReplay = ({ result, headers }: Outcome): boolean =>
  result === '201' && headers['idempotency-replayed'] === 'true';
