import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { defineClaim } from '../claim.ts';
import { dishonest, honestAnswer } from '../faults/outcomes.ts';
import { readsAndWrites, unlimited } from '../faults/work.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, grouped, summarize } from '../measure/summary.ts';

const forMs = 60_000;
const everyMs = 2_000;

export default defineClaim({
  id: 'backends-terminated',
  phase: 5,
  claim:
    'When all database connections are terminated every 2 s, no request meets the broken transaction of another.',
  bound: 'success or 503 with Retry-After, nothing else, for a minute at 200 requests/s',
  seconds: 66,
  async measure({ stack, startServer, progress, signal }) {
    const { accessToken } = await stack.signUp();
    const server = await startServer({ script: 'probe.ts', environment: unlimited });
    const admin = new Client({ connectionString: stack.database.adminUrl });
    await admin.connect();
    try {
      const load = startLoad({
        rate: 200,
        connections: 50,
        request: readsAndWrites(server.url, accessToken),
        check: honestAnswer,
        signal,
      });
      let terminated = 0;
      const end = performance.now() + forMs;
      while (performance.now() < end && !signal.aborted) {
        await wait(everyMs);
        const { rowCount } = await admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where datname = $1 and application_name like 'bulwark-%'`,
          [stack.database.name],
        );
        terminated += rowCount ?? 0;
        progress(`${terminated} connections terminated`);
      }
      const outcomes = await load.stop();
      const { counts, sent, latencyMs } = summarize(outcomes);
      const faults = dishonest(outcomes);
      if (/25P02/.test(server.output())) faults.push('25P02 is in the log');
      const served = (counts['200'] ?? 0) + (counts['201'] ?? 0);
      return {
        figure: `${terminated} terminated; ${grouped(sent)} requests: ${describeCounts(counts)}; slowest ${Math.round(latencyMs.max)} ms`,
        holds: faults.length === 0 && terminated > 0 && served > 0.9 * sent,
        faults,
      };
    } finally {
      await admin.end();
    }
  },
});
