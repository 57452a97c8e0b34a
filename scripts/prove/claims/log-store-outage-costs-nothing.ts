import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { metricsUrl, scrape, sumOf } from '../../../backend/test/support/scrape.ts';
import { defineClaim } from '../claim.ts';
import { startFaultProxy } from '../fault-proxy.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, grouped, milliseconds, summarize } from '../measure/summary.ts';

const rate = 150;
const secondsWell = 3;
const secondsSilent = 4;
/** What a busy machine may add between two measurements. */
const marginMs = 100;
const longestRecoveryMs = 15_000;

export default defineClaim({
  id: 'log-store-outage-costs-nothing',
  phase: 3,
  claim:
    'While Postgres swallows everything, requests that need no query are answered as quickly as before, and their log lines are all stored when it is back.',
  bound: `0 lost requests, p99 at most ${marginMs} ms above that before, every line stored`,
  seconds: 20,
  async measure({ stack, startServer, progress, signal }) {
    const proxy = await startFaultProxy(stack.database.url);
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    try {
      const server = await startServer({
        environment: {
          DATABASE_URL: proxy.url,
          METRICS_PORT: '0',
          // Sessions and limits have claims of their own.
          SESSION_CHECK: 'off',
          RATE_LIMIT_SIGNED_IN: '1000000',
          OVERLOAD_EVENT_LOOP_DELAY_MS: '60000',
          LOG_STORE_LINES_PER_SECOND: '1000',
        },
      });
      await server.logged('Metrics ready');
      const { accessToken } = await stack.signUp();
      const load = async (seconds: number) =>
        summarize(
          await startLoad({
            rate,
            connections: 20,
            seconds,
            request: () => ({
              url: `${server.url}/api/v1/me`,
              headers: { authorization: `Bearer ${accessToken}` },
            }),
            signal,
          }).finished,
        );
      await load(1);
      progress('while Postgres answers');
      const before = await load(secondsWell);
      progress('while it swallows everything');
      proxy.swallow();
      const during = await load(secondsSilent);
      progress('when it is back');
      proxy.recover();
      const backAt = performance.now();
      const asked = rate * 1 + before.sent + during.sent;
      let stored = 0;
      while (stored < asked && performance.now() - backAt < longestRecoveryMs) {
        await wait(100);
        const { rows } = await client.query<{ count: number }>(
          `select count(*)::integer from bulwark.app_logs
           where message = 'request' and fields->>'path' = '/api/v1/me' and fields->>'status' = '200'`,
        );
        stored = rows[0]?.count ?? 0;
      }
      const recoveredMs = performance.now() - backAt;
      const dropped = sumOf(
        await scrape(metricsUrl(server.lines())),
        'bulwark_log_store_lines_total',
        { outcome: 'dropped' },
      );
      const lost = [before, during].reduce(
        (sum, { sent, counts }) => sum + sent - (counts['200'] ?? 0),
        0,
      );
      return {
        figure: `${lost} of ${grouped(before.sent + during.sent)} requests lost, p99 ${milliseconds(during.latencyMs.p99)} against ${milliseconds(before.latencyMs.p99)} before; ${grouped(stored)} of ${grouped(asked)} lines stored ${milliseconds(recoveredMs)} after its return, ${dropped} dropped`,
        holds:
          lost === 0 &&
          stored === asked &&
          dropped === 0 &&
          during.latencyMs.p99 <= before.latencyMs.p99 + marginMs,
        faults: [describeCounts(during.counts)],
      };
    } finally {
      await client.end();
      await proxy.close();
    }
  },
});
