import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface LoadTarget {
  /** With path and query. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** The next request's body, sent as POST, and what it adds to the headers. Without it each is the same GET. */
  next?: () => { body: string; headers: Readonly<Record<string, string>> };
}

export interface LoadResult {
  requestsPerSecond: number;
  /** Share of one core that this client itself used, 0 to 1. Near 1 it, and not the server, would be what is measured. */
  clientBusy: number;
}

const headEnd = '\r\n\r\n';

/**
 * As many requests as the server answers, over keep-alive connections with one request under way on each. Rejects at the first
 * answer that is not 200, and where a connection ends. Lean, because a client that does more per request than the server is
 * what one would measure.
 */
export async function load(
  target: LoadTarget,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<LoadResult> {
  const { hostname, port, pathname, search, host } = new URL(target.url);
  const written = (method: string, headers: LoadTarget['headers'], body = '') => {
    const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}`);
    const head = `${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('\r\n')}${headEnd}`;
    return Buffer.from(head + body);
  };
  const get = written('GET', target.headers);
  const request = (): Buffer => {
    if (target.next === undefined) return get;
    const { body, headers } = target.next();
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    return written('POST', { ...target.headers, ...headers, ...length }, body);
  };
  const sockets = Array.from({ length: connections }, () => connect(Number(port), hostname));
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const startedAt = performance.now();
    const before = process.cpuUsage();
    const endAt = startedAt + seconds * 1_000;
    const counts = await Promise.all(sockets.map((socket) => askUntil(socket, request, endAt)));
    const elapsedMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(before);
    return {
      requestsPerSecond: (counts.reduce((sum, count) => sum + count, 0) * 1_000) / elapsedMs,
      clientBusy: (user + system) / 1_000 / elapsedMs,
    };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** Resolves with the number of answers. */
function askUntil(socket: Socket, request: () => Buffer, endAt: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let answers = 0;
    let received: Buffer = Buffer.alloc(0);
    const fail = (reason: string) => {
      reject(new Error(`After ${answers} answers: ${reason}`));
    };
    socket.on('error', reject);
    socket.on('close', () => {
      fail('the server closed the connection');
    });
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const head = received.indexOf(headEnd);
      if (head < 0) return;
      const text = received.toString('latin1', 0, head);
      const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
      if (!text.startsWith('HTTP/1.1 200') || length === undefined) {
        fail(text.split('\r\n', 1).join());
        return;
      }
      if (received.length < head + headEnd.length + Number(length)) return;
      received = received.subarray(received.length);
      answers += 1;
      if (performance.now() < endAt) socket.write(request());
      else resolve(answers);
    });
    socket.write(request());
  });
}
