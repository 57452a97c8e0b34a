import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { defineClaim } from '../claim.ts';
import { unlimited } from '../faults/work.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, summarize } from '../measure/summary.ts';

const each = 125;
const timeoutMs = 8_000;
const boundMs = 500;

const head = (method: string, path: string, rest = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: prove\r\n${rest}`;
const body = head(
  'PATCH',
  '/api/v1/me',
  'Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n',
);

/** What each kind of client says first, and what it adds every second. */
const kinds = {
  'says nothing': ['', ''],
  'sends headers slowly': [head('GET', '/livez'), 'X-Slow: 1\r\n'],
  'sends a body slowly': [body, '{'],
  // Answers of several kilobytes pile up, for it never reads one.
  'does not read': [`${head('GET', '/api/v1/probe/slow?ms=0')}\r\n`.repeat(10), ''],
} as const;

export default defineClaim({
  id: 'slow-clients',
  phase: 4,
  claim:
    'While 500 clients are idle, send headers or a body byte by byte, or do not read, everybody else is served as usual, and the slow ones are cut off.',
  bound: 'p99 of the others below 500 ms, none of them refused; no slow sender left after its time',
  seconds: 18,
  async measure({ startServer, progress, signal }) {
    const server = await startServer({
      script: 'probe.ts',
      environment: {
        ...unlimited,
        HEADERS_TIMEOUT_MS: String(timeoutMs),
        REQUEST_TIMEOUT_MS: String(timeoutMs),
      },
    });
    const slow = Object.entries(kinds).flatMap(([kind, [first, then]]) =>
      Array.from({ length: each }, () => ({ kind, then, socket: open(server.url, first) })),
    );
    const drip = setInterval(() => {
      for (const { socket, then } of slow) if (socket.writable) socket.write(then);
    }, 1_000);
    try {
      await Promise.all(slow.map(({ socket }) => once(socket, 'connect')));
      progress(`${slow.length} slow clients connected`);
      // Their coming all at once, with what they ask for, is work; their being there is what is measured.
      await wait(1_500);
      const load = startLoad({
        rate: 100,
        seconds: 8,
        connections: 50,
        request: () => ({ url: `${server.url}/api/v1/probe/slow?ms=1` }),
        signal,
      });
      const { counts, latencyMs, sent } = summarize(await load.finished);
      await wait(2_000);
      const senders = slow.filter(({ kind }) => kind !== 'does not read');
      const left = senders.filter(({ socket }) => !socket.destroyed && socket.readable).length;
      return {
        figure: `p99 ${Math.round(latencyMs.p99)} ms of ${describeCounts(counts)} beside ${slow.length} slow clients; ${left} of ${senders.length} slow senders left`,
        holds: latencyMs.p99 < boundMs && counts['200'] === sent && left === 0,
      };
    } finally {
      clearInterval(drip);
      for (const { socket } of slow) socket.destroy();
    }
  },
});

function open(url: string, first: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.once('connect', () => socket.write(first));
  // Reads nothing of what it asked for, but sees the end where nothing was.
  if (!first.includes('/probe/')) socket.resume();
  return socket;
}
