import { setTimeout as wait } from 'node:timers/promises';
import { defineClaim } from '../claim.ts';
import { dishonest, honestAnswer } from '../faults/outcomes.ts';
import { startFaultProxy } from '../fault-proxy.ts';
import { readsAndWrites, unlimited } from '../faults/work.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, grouped, summarize } from '../measure/summary.ts';

const statementTimeoutMs = 2_000;
const acquireTimeoutMs = 1_000;
/** A request may wait for a connection first; the client's own limit lies a second above the server's. */
const longestMs = acquireTimeoutMs + statementTimeoutMs + 1_000 + 500;

export default defineClaim({
  id: 'half-open-database',
  phase: 5,
  claim:
    'When the network to Postgres swallows everything without closing anything, requests fail in time, and the pool heals by itself.',
  bound:
    'each within acquire and statement timeout and 1.5 s; served within 5 s of the network’s return',
  seconds: 20,
  async measure({ stack, startServer, progress, signal }) {
    const proxy = await startFaultProxy(stack.database.url);
    try {
      const { accessToken } = await stack.signUp();
      const server = await startServer({
        script: 'probe.ts',
        environment: {
          ...unlimited,
          DATABASE_URL: proxy.url,
          DATABASE_STATEMENT_TIMEOUT_MS: String(statementTimeoutMs),
          DATABASE_LOCK_TIMEOUT_MS: String(statementTimeoutMs),
          DATABASE_ACQUIRE_TIMEOUT_MS: String(acquireTimeoutMs),
        },
      });
      const startedAt = performance.now();
      const load = startLoad({
        rate: 100,
        connections: 600,
        request: readsAndWrites(server.url, accessToken),
        check: honestAnswer,
        signal,
      });
      await wait(2_000);
      progress('swallowing');
      proxy.swallow();
      await wait(6_000);
      proxy.recover();
      const backAt = performance.now() - startedAt;
      progress('passing on again');
      await wait(7_000);
      const outcomes = await load.stop();
      const { counts, latencyMs, sent } = summarize(outcomes);
      const faults = dishonest(outcomes);
      const late = outcomes.filter(({ at, result }) => at > backAt + 5_000 && result === '503');
      if (late.length > 0) faults.push(`${late.length} refused 5 s after the network was back`);
      if ((counts['503'] ?? 0) === 0) faults.push('the fault was not felt');
      return {
        figure: `${grouped(sent)} requests: ${describeCounts(counts)}; slowest ${Math.round(latencyMs.max)} ms`,
        holds: faults.length === 0 && latencyMs.max < longestMs,
        faults,
      };
    } finally {
      await proxy.close();
    }
  },
});
