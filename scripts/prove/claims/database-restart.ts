import { setTimeout as wait } from 'node:timers/promises';
import { defineClaim } from '../claim.ts';
import { dishonest, honestAnswer, successes } from '../faults/outcomes.ts';
import { startOwnStack } from '../faults/own-stack.ts';
import { readsAndWrites, unlimited } from '../faults/work.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, grouped, summarize } from '../measure/summary.ts';

const rate = 300;
const awayMs = 3_000;

export default defineClaim({
  id: 'database-restart',
  phase: 5,
  claim:
    'When Postgres is killed under load and comes back, every request is answered, with success or with 503 and Retry-After.',
  bound: 'nothing else at 300 requests/s; no answer after 5 s; served again within 5 s; no restart',
  seconds: 25,
  async measure({ startServer, progress, signal }) {
    const stack = await startOwnStack();
    try {
      const { accessToken } = await stack.signUp();
      const server = await startServer({
        script: 'probe.ts',
        environment: { ...stack.environment, ...unlimited },
      });
      const startedAt = performance.now();
      const load = startLoad({
        rate,
        connections: 100,
        request: readsAndWrites(server.url, accessToken),
        check: honestAnswer,
        signal,
      });
      await wait(3_000);
      progress('killing Postgres');
      await stack.kill();
      await wait(awayMs);
      progress('starting it again');
      await stack.start();
      const backAt = performance.now() - startedAt;
      await wait(6_000);
      const outcomes = await load.stop();
      const { counts, latencyMs, sent } = summarize(outcomes);
      const servedAt = successes(outcomes).find(({ at }) => at >= backAt)?.at ?? Infinity;
      const faults = dishonest(outcomes);
      const failedLate = outcomes.some(({ at, result }) => at > backAt + 5_000 && result === '503');
      if (failedLate) faults.push('still refused 5 s after Postgres was back');
      const alive = server.child.exitCode === null;
      return {
        figure: `${grouped(sent)} requests: ${describeCounts(counts)}; slowest ${Math.round(latencyMs.max)} ms; served ${Math.round(servedAt - backAt)} ms after it was back`,
        holds:
          faults.length === 0 &&
          alive &&
          (counts['503'] ?? 0) > 0 &&
          latencyMs.max < 5_000 &&
          servedAt - backAt < 5_000,
        faults,
      };
    } finally {
      await stack.end();
    }
  },
});
