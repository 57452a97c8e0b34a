import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startOtlpSink } from '../../../backend/test/support/otlp-sink.ts';
import { metricsUrl, scrape, sumOf } from '../../../backend/test/support/scrape.ts';
import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import { defineClaim } from '../claim.ts';
import { startLoad } from '../measure/http-load.ts';
import { grouped } from '../measure/summary.ts';

const rate = 200;
const secondsARound = 2;
const rounds = 3;
const mostCpu = 1.25;

export default defineClaim({
  id: 'telemetry-outage-costs-nothing',
  phase: 3,
  claim:
    'A trace collector that hangs or refuses loses no request, and a request takes no more CPU than with one that works.',
  bound: `0 lost, CPU of a request at most ${mostCpu} × that with a working collector`,
  seconds: 24,
  async measure({ stack, startServer, progress, signal }) {
    const sink = await startOtlpSink();
    const hanging = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    const collectors = {
      works: sink.url,
      hangs: `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`,
      // Nothing listens at the port of discarding.
      refuses: 'http://127.0.0.1:9',
    };
    try {
      const { accessToken } = await stack.signUp();
      const runs = [];
      for (const [collector, endpoint] of Object.entries(collectors)) {
        const server = await startServer({
          environment: {
            METRICS_PORT: '0',
            OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
            RATE_LIMIT_SIGNED_IN: '1000000',
            OVERLOAD_EVENT_LOOP_DELAY_MS: '60000',
          },
        });
        await server.logged('Metrics ready');
        runs.push({ collector, server, requests: 0, lost: 0, cpu: 0 });
      }
      // Turn by turn, so that whatever else the machine does falls on all three.
      for (let round = 0; round <= rounds && !signal.aborted; round += 1) {
        for (const run of runs) {
          progress(`round ${round} of ${rounds}, collector ${run.collector}`);
          const cpuBefore = await cpuOf(run.server);
          const outcomes = await startLoad({
            rate,
            connections: 20,
            seconds: secondsARound,
            request: () => ({
              url: `${run.server.url}/api/v1/me`,
              headers: { authorization: `Bearer ${accessToken}` },
            }),
            signal,
          }).finished;
          run.requests += outcomes.length;
          run.lost += outcomes.filter(({ result }) => result !== '200').length;
          // The first round warms up, and still must lose nothing.
          if (round > 0) run.cpu += (await cpuOf(run.server)) - cpuBefore;
        }
      }
      const working = runs[0]?.cpu ?? 0;
      const ratios = runs
        .slice(1)
        .map(({ collector, cpu }) => ({ collector, ratio: cpu / working }));
      const lost = runs.reduce((sum, run) => sum + run.lost, 0);
      const requests = runs.reduce((sum, run) => sum + run.requests, 0);
      return {
        figure: `${lost} of ${grouped(requests)} lost; CPU ${ratios.map(({ collector, ratio }) => `${ratio.toFixed(2)} × where it ${collector}`).join(', ')}`,
        holds: lost === 0 && requests > 0 && ratios.every(({ ratio }) => ratio <= mostCpu),
      };
    } finally {
      hanging.close();
      hanging.closeAllConnections();
      await sink.close();
    }
  },
});

/** CPU seconds that the process has used so far. */
async function cpuOf(server: ServerProcess): Promise<number> {
  return sumOf(await scrape(metricsUrl(server.lines())), 'process_cpu_seconds_total');
}
