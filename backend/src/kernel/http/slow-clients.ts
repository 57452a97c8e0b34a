import type { Server, ServerResponse } from 'node:http';
import type { Logger } from '../logging/index.ts';

const checkEveryMs = 1_000;
const oneLineInMs = 10_000;

/**
 * Cuts the connection of a client that does not take its answer in time, counted from the answer's first byte: a trickle
 * of reads would keep any time of silence from passing. Returns the disposer.
 */
export function cutSlowReaders(
  underWay: ReadonlySet<ServerResponse>,
  withinMs: number,
  logger: Logger,
): () => void {
  const sendingSince = new WeakMap<ServerResponse, number>();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const response of underWay) {
      if (!response.headersSent) continue;
      const since = sendingSince.get(response) ?? now;
      sendingSince.set(response, since);
      if (now - since < withinMs) continue;
      response.destroy();
      logger.info({ afterMs: Math.round(now - since) }, 'slow reader cut off');
    }
  }, checkEveryMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/** Drops connections beyond `most` as they come, before they cost a buffer. */
export function limitConnections(server: Server, most: number, logger: Logger): void {
  let dropped = 0;
  let saidAt = -Infinity;
  server.maxConnections = most;
  // Where all processes of a cluster are full, handing a connection on to the next would go on forever.
  Object.assign(server, { dropMaxConnection: true });
  server.on('drop', () => {
    dropped += 1;
    if (performance.now() - saidAt < oneLineInMs) return;
    saidAt = performance.now();
    logger.warn({ dropped, maxConnections: most }, 'Too many connections, dropping new ones');
    dropped = 0;
  });
}
