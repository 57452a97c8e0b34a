import { strict as assert } from 'node:assert';
import { setTimeout as wait } from 'node:timers/promises';
import { createChecks } from '../checks.ts';
import { defineClaim, type Surroundings } from '../claim.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, grouped, summarize } from '../measure/summary.ts';

const rate = 200;
const drainMs = 1_500;

/** Nobody takes over here, so new connections are refused from the end of the drain on; until then none may be. */
export default defineClaim({
  id: 'shutdown-drains',
  phase: 1,
  claim:
    'A server that is told to stop says that it is not ready, answers every request until its drain is over, and ends with 0.',
  bound: '0 lost at 200 requests/s, for SIGTERM and SIGINT',
  seconds: 8,
  async measure(surroundings) {
    const { check, finding } = createChecks(surroundings.progress);
    let sent = 0;
    let lost = 0;
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      await check(`${name}: drains, says so, ends with 0`, async () => {
        const { counts, ...rest } = await stopUnderLoad(surroundings, name);
        sent += rest.sent;
        lost += rest.sent - (counts['200'] ?? 0);
        assert.deepEqual(Object.keys(counts), ['200'], describeCounts(counts));
      });
    }
    return { ...finding(), figure: `${lost} of ${grouped(sent)} lost` };
  },
});

async function stopUnderLoad(
  { startServer, signal }: Surroundings,
  name: 'SIGTERM' | 'SIGINT',
): ReturnType<typeof count> {
  const server = await startServer({
    script: 'probe.ts',
    environment: { SHUTDOWN_DRAIN_MS: String(drainMs), RATE_LIMIT_PUBLIC: '1000000' },
  });
  const load = startLoad({
    rate,
    connections: 20,
    request: () => ({ url: `${server.url}/api/v1/probe/slow?ms=20` }),
    signal,
  });
  await wait(500);
  server.child.kill(name);
  await server.logged(`${name} received, starting graceful shutdown...`);
  assert.equal((await fetch(`${server.url}/readyz`)).status, 503);
  // Safely before its end: what is sent at the very end of the drain may find the door closed.
  await wait(drainMs / 2);
  const summary = await count(load);
  assert.equal(await server.ended, 0);
  assert.match(server.output(), /Graceful shutdown complete/);
  return summary;
}

const count = async (load: ReturnType<typeof startLoad>) => summarize(await load.stop());
