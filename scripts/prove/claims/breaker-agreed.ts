import { setTimeout as wait } from 'node:timers/promises';
import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import {
  answers,
  startFailingProvider,
  type Behaviour,
} from '../../../backend/test/support/failing-provider.ts';
import { metricsUrl, scrape, sumOf } from '../../../backend/test/support/scrape.ts';
import { defineClaim } from '../claim.ts';
import { milliseconds } from '../measure/summary.ts';

const openMs = 2_000;
const rounds = 5;
const callsEach = 30;
const agreedWithinMs = 1_000;
const stateValues = { closed: 0, open: 2 } as const;

export default defineClaim({
  id: 'breaker-agreed',
  phase: 4,
  claim:
    'A breaker that one process opens is open in the others; when it is due, one request of all processes tries; and the success of that one closes it for all.',
  bound: `the other process knows within ${milliseconds(agreedWithinMs)}; exactly 1 of ${2 * callsEach} calls reaches the provider when a try is due, ${rounds} times`,
  seconds: 25,
  async measure({ startServer, progress, signal }) {
    const upstream = await startFailingProvider();
    const start = () =>
      startServer({
        script: 'calling.ts',
        environment: {
          UPSTREAM_URL: upstream.url,
          OPEN_MS: String(openMs),
          METRICS_PORT: '0',
          RATE_LIMIT_PUBLIC: '100000',
        },
      });
    try {
      const [one, other] = await Promise.all([start(), start()]);
      const faults: string[] = [];
      upstream.always(answers(500));
      for (let count = 0; count < 5; count += 1) await statusOf(one);
      const openedAfterMs = await until(other, 'open', signal);
      const before = upstream.requests.length;
      if ((await statusOf(other)) !== 503 || upstream.requests.length !== before)
        faults.push('the other process still asked');

      const tries: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        progress(`round ${round + 1}: ${2 * callsEach} calls when a try is due`);
        await wait(openMs + 150);
        const asked = upstream.requests.length;
        upstream.always(slowly(answers(500)));
        await Promise.all(
          [one, other].flatMap((server) =>
            Array.from({ length: callsEach }, () => statusOf(server)),
          ),
        );
        tries.push(upstream.requests.length - asked);
      }
      if (tries.some((count) => count !== 1)) faults.push(`tries: ${tries.join(', ')}`);

      upstream.always(answers(200, { well: true }));
      await wait(openMs + 150);
      const well = await statusOf(one);
      if (well !== 200) faults.push(`the try was answered with ${well}`);
      const closedAfterMs = await until(other, 'closed', signal);
      const served = await Promise.all([one, other].map(statusOf));
      if (served.some((status) => status !== 200)) faults.push(`then served ${served.join(', ')}`);
      const slowest = Math.max(openedAfterMs, closedAfterMs);
      return {
        figure: `open in the other process after ${milliseconds(openedAfterMs)}, closed after ${milliseconds(closedAfterMs)}; tries over both processes: ${tries.join(', ')}`,
        holds: faults.length === 0 && slowest < agreedWithinMs,
        faults,
      };
    } finally {
      await upstream.close();
    }
  },
});

/** So that all calls are there before the first answer is. */
const slowly =
  (behaviour: Behaviour): Behaviour =>
  (response, request) => {
    setTimeout(() => {
      behaviour(response, request);
    }, 500);
  };

async function statusOf({ url }: ServerProcess): Promise<number> {
  const response = await fetch(`${url}/api/v1/calling`);
  await response.arrayBuffer();
  return response.status;
}

/** Milliseconds until its metrics say so. */
async function until(
  server: ServerProcess,
  state: keyof typeof stateValues,
  signal: AbortSignal,
): Promise<number> {
  const startedAt = performance.now();
  await server.logged('Metrics ready');
  const url = metricsUrl(server.lines());
  for (;;) {
    const series = await scrape(url);
    const now = sumOf(series, 'bulwark_breaker_state', { provider: 'upstream' });
    if (now === stateValues[state]) return performance.now() - startedAt;
    await wait(20, undefined, { signal });
  }
}
