import { setTimeout as wait } from 'node:timers/promises';
import { defineClaim } from '../claim.ts';
import { dishonest, honestAnswer, successes } from '../faults/outcomes.ts';
import { unlimited } from '../faults/work.ts';
import { startLoad } from '../measure/http-load.ts';
import { grouped, percentile, summarize } from '../measure/summary.ts';

const maxInFlight = 50;
/** Each answer takes so long, so the server can have this many a second at work. */
const workMs = 200;
const capacity = (maxInFlight * 1000) / workMs;

export default defineClaim({
  id: 'load-shedding',
  phase: 4,
  claim:
    'At twice what it can take, the server goes on doing as much as it can, refuses the rest at once, stays alive for its supervisor, and recovers by itself.',
  bound:
    '80 % of capacity served; refused with 503 and Retry-After, half of them within 100 ms; /livez always 200; nothing refused afterwards',
  seconds: 16,
  async measure({ startServer, progress, signal }) {
    const server = await startServer({
      script: 'probe.ts',
      environment: { ...unlimited, OVERLOAD_MAX_IN_FLIGHT: String(maxInFlight) },
    });
    const load = (rate: number, seconds: number, path: string) =>
      startLoad({
        rate,
        seconds,
        connections: 500,
        request: () => ({ url: `${server.url}${path}` }),
        check: honestAnswer,
        signal,
      }).finished;
    const slow = `/api/v1/probe/slow?ms=${workMs}`;

    progress('below capacity');
    const before = await load(capacity / 4, 3, slow);
    progress('at twice the capacity');
    const seconds = 6;
    const [during, alive] = await Promise.all([
      load(capacity * 2, seconds, slow),
      load(5, seconds, '/livez'),
    ]);
    await wait(500);
    progress('below capacity again');
    const after = await load(capacity / 4, 3, slow);

    const served = successes(during).length;
    const refusals = during.filter(({ result }) => result === '503');
    const refusalMs = percentile(
      refusals.map(({ latencyMs }) => latencyMs),
      0.5,
    );
    const share = served / (capacity * seconds);
    const refusedBeside = [...before, ...after].filter(({ result }) => result === '503').length;
    const livez = summarize(alive).counts;
    const faults = [...dishonest(before), ...dishonest(during), ...dishonest(after)];
    if (livez['200'] !== alive.length) faults.push(`/livez: ${JSON.stringify(livez)}`);
    if (refusedBeside > 0) faults.push(`${refusedBeside} refused below capacity`);
    return {
      figure: `${grouped(served)} served (${Math.round(share * 100)} % of capacity), ${grouped(refusals.length)} refused (median ${Math.round(refusalMs)} ms), ${refusedBeside} refused before and after`,
      holds: faults.length === 0 && share >= 0.8 && refusals.length > 0 && refusalMs < 100,
      faults,
    };
  },
});
