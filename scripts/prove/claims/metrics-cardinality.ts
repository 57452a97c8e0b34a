import { io } from 'socket.io-client';
import { sendRaw, strangeRequests } from '../../../backend/test/support/raw-requests.ts';
import { addedSeries, metricsUrl, scrape, sumOf } from '../../../backend/test/support/scrape.ts';
import { defineClaim } from '../claim.ts';
import { grouped } from '../measure/summary.ts';

const rounds = 120;
const eventsARound = 5;

export default defineClaim({
  id: 'metrics-cardinality',
  phase: 3,
  claim:
    'Thousands of made-up paths, methods, headers, tokens and socket events add no series to the metrics, once each kind was met.',
  bound: '0 series added, every request counted',
  seconds: 8,
  async measure({ stack, startServer, progress, signal }) {
    const server = await startServer({
      environment: {
        METRICS_PORT: '0',
        RATE_LIMIT_PUBLIC: '10000000',
        RATE_LIMIT_SIGNED_IN: '10000000',
        SOCKET_PACKETS_PER_SECOND: '10000',
        // Shedding has series of its own and is another claim's.
        OVERLOAD_EVENT_LOOP_DELAY_MS: '60000',
      },
    });
    await server.logged('Metrics ready');
    const metrics = metricsUrl(server.lines());
    const { accessToken } = await stack.signUp();
    const socket = io(server.url, { transports: ['websocket'], auth: { token: accessToken } });
    await new Promise((resolve) => socket.once('connected', resolve));

    let requests = 0;
    let answers = 0;
    const round = async (number: number) => {
      const { count, text } = strangeRequests(number, '/api/v1/recipes');
      const answer = await sendRaw(server.url, text);
      requests += count;
      answers += answer.match(/HTTP\/1\.1 [2-5]\d\d /g)?.length ?? 0;
      for (let event = 0; event < eventsARound; event += 1)
        await socket.emitWithAck(`made-up:${number}-${event}`, { number });
    };
    await round(0);
    const before = await scrape(metrics);
    [requests, answers] = [0, 0];
    for (let number = 1; number <= rounds && !signal.aborted; number += 1) {
      await round(number);
      if (number % 20 === 0) progress(`${grouped(requests)} requests sent`);
    }
    const after = await scrape(metrics);
    socket.disconnect();

    const added = addedSeries(before, after);
    const counted =
      sumOf(after, 'bulwark_http_requests_total') - sumOf(before, 'bulwark_http_requests_total');
    return {
      figure: `${added.length} series added to ${before.size} by ${grouped(requests)} requests and ${grouped(rounds * eventsARound)} events; ${grouped(counted)} requests counted`,
      holds: added.length === 0 && requests === answers && counted === requests,
      faults: added.slice(0, 20),
    };
  },
});
