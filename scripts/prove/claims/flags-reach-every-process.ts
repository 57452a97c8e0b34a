import { setTimeout as wait } from 'node:timers/promises';
import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import { defineClaim } from '../claim.ts';
import { milliseconds, percentile } from '../measure/summary.ts';

const longestMs = 2_000;
const toldChanges = 30;
const untoldChanges = 4;
const lookEveryMs = 10;

export default defineClaim({
  id: 'flags-reach-every-process',
  phase: 3,
  claim:
    'A feature flag that is changed in one process counts in the other within two seconds, also where processes cannot tell each other.',
  bound: `slowest below ${longestMs / 1_000} s`,
  seconds: 20,
  async measure({ startServer, progress, signal }) {
    const roomy = { RATE_LIMIT_PUBLIC: '1000000' };
    const start = (environment: Record<string, string>) =>
      startServer({ script: 'operated.ts', environment: { ...roomy, ...environment } });
    const [one, other, untold] = await Promise.all([
      start({}),
      start({}),
      // Nothing listens there, so that it hears of nothing and has to look for itself.
      start({ DATABASE_LISTEN_URL: 'postgresql://nobody:unreachable-password@127.0.0.1:1/none' }),
    ]);

    let turns = 0;
    async function change(from: ServerProcess, to: ServerProcess): Promise<number> {
      turns += 1;
      const on = turns % 2 === 1;
      await set(from, on);
      const changedAt = performance.now();
      while ((await isOn(to)) !== on) {
        if (performance.now() - changedAt > 5 * longestMs) throw new Error('It never counted');
        await wait(lookEveryMs);
      }
      return performance.now() - changedAt;
    }

    const told: number[] = [];
    for (let round = 0; round < toldChanges && !signal.aborted; round += 1) {
      progress(`change ${round + 1} of ${toldChanges + untoldChanges}`);
      told.push(await (round % 2 === 0 ? change(one, other) : change(other, one)));
    }
    const looked: number[] = [];
    for (let round = 0; round < untoldChanges && !signal.aborted; round += 1) {
      progress(`change ${toldChanges + round + 1} of ${toldChanges + untoldChanges}`);
      looked.push(await change(one, untold));
    }
    return {
      figure: `told: p50 ${milliseconds(percentile(told, 0.5))}, slowest ${milliseconds(Math.max(...told))}; not told: slowest ${milliseconds(Math.max(...looked))}`,
      holds: Math.max(...told, ...looked) < longestMs,
    };
  },
});

const flagOf = ({ url }: ServerProcess) => `${url}/api/v1/operated/flags/new-things`;

async function set(server: ServerProcess, on: boolean): Promise<void> {
  const { status } = await fetch(flagOf(server), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ on }),
  });
  if (status !== 200) throw new Error(`The change was answered ${status}`);
}

async function isOn(server: ServerProcess): Promise<boolean> {
  const answer = await fetch(flagOf(server));
  return ((await answer.json()) as { on: boolean }).on;
}
