import { startSentrySink, type SinkBehaviour } from '../../../backend/test/support/sentry-sink.ts';
import { defineClaim } from '../claim.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, grouped, summarize } from '../measure/summary.ts';

const rate = 50;
const seconds = 2;
const mostRatio = 2;

/** A failing request every time: the worst case for what reports failures. */
export default defineClaim({
  id: 'sentry-outage-costs-nothing',
  phase: 3,
  claim:
    'Where Sentry hangs, refuses connections, fails or asks for a pause, failing requests are answered all the same, and not later than while it works.',
  bound: `0 lost; median below ${mostRatio} times that with Sentry at work`,
  seconds: 16,
  async measure({ startServer, progress, signal }) {
    const sink = await startSentrySink();
    try {
      const server = await startServer({
        script: 'failing.ts',
        environment: { SENTRY_DSN: sink.dsn, RATE_LIMIT_PUBLIC: '1000000' },
      });
      const measure = async (behaviour: SinkBehaviour) => {
        progress(`Sentry: ${behaviour}`);
        sink.behave(behaviour);
        const load = startLoad({
          rate,
          seconds,
          connections: 20,
          request: () => ({
            url: `${server.url}/api/v1/fail/message?note=x`,
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              cookie: 'a=1',
              referer: 'https://app.example/',
              'x-note': 'x',
            },
            body: '{"note":"x"}',
          }),
          signal,
        });
        const outcomes = await load.finished;
        const latencies = outcomes.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
        const { counts } = summarize(outcomes);
        return { counts, sent: outcomes.length, median: latencies[latencies.length >> 1] ?? NaN };
      };

      await measure('ok');
      const atWork = await measure('ok');
      const faults: string[] = [];
      let sent = 0;
      let lost = 0;
      let worst = 0;
      for (const behaviour of ['refuse', 500, 429, 'hang'] as const) {
        const { counts, median, ...rest } = await measure(behaviour);
        sent += rest.sent;
        lost += rest.sent - (counts['500'] ?? 0);
        worst = Math.max(worst, median / atWork.median);
        if (Object.keys(counts).join() !== '500')
          faults.push(`Sentry ${behaviour}: ${describeCounts(counts)}`);
      }
      if (sink.requests() === 0) faults.push('Nothing was ever reported.');
      return {
        figure: `${lost} of ${grouped(sent)} lost; median ${worst.toFixed(2)} times at most`,
        holds: lost === 0 && worst < mostRatio && faults.length === 0,
        faults,
      };
    } finally {
      await sink.close();
    }
  },
});
