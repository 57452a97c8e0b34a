import { createHash, timingSafeEqual } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KernelConfig, Secret } from '../config/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from './metrics.ts';

/** `/metrics` on a port of its own, away from what clients reach. */
export interface MetricsServer {
  /** Never rejects: a taken port is logged and tried again, for a server does not fail by its numbers. */
  listen(): Promise<void>;
  close(): Promise<void>;
}

type Endpoint = Extract<KernelConfig['metrics'], { kind: 'on' }>;

/** A scraper needs one connection. Those that hang must neither pile up nor lock out the next one for long. */
const mostConnections = 20;
const patienceMs = 10_000;
const retryMs = 5_000;

export function createMetricsServer(
  metrics: Metrics,
  { host, port, token }: Endpoint,
  logger: Logger,
): MetricsServer {
  let rendering: Promise<string> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closing = false;

  /** Scrapes at the same time share one. */
  function render(): Promise<string> {
    rendering ??= metrics.registry.metrics().finally(() => {
      rendering = undefined;
    });
    return rendering;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request, token);
    if (refusal) {
      response.writeHead(...refusal).end();
      return;
    }
    try {
      const text = await render();
      response.writeHead(200, {
        'Content-Type': metrics.registry.contentType,
        'Content-Length': Buffer.byteLength(text),
        'Cache-Control': 'no-store',
      });
      response.end(request.method === 'HEAD' ? undefined : text);
    } catch (error) {
      logger.error({ err: error }, 'The metrics cannot be read');
      response.writeHead(500).end();
    }
  }

  const server = createServer(
    { requestTimeout: patienceMs, headersTimeout: patienceMs, connectionsCheckingInterval: 2_000 },
    (request, response) => void answer(request, response),
  );
  server.maxConnections = mostConnections;
  server.keepAliveTimeout = patienceMs;
  server.setTimeout(patienceMs);

  function tryToListen(): Promise<void> {
    return new Promise((resolve) => {
      const failed = (error: NodeJS.ErrnoException) => {
        server.off('listening', listening);
        // At a reload the process that ends may still have the port.
        if (retry === undefined)
          logger.warn({ reason: error.code, port }, 'The metrics port cannot be opened yet');
        if (!closing) retry = setTimeout(() => void tryToListen(), retryMs).unref();
        resolve();
      };
      const listening = () => {
        server.off('error', failed);
        logger.info({ port: (server.address() as AddressInfo).port }, 'Metrics ready');
        resolve();
      };
      server.once('error', failed).once('listening', listening).listen(port, host);
    });
  }

  return {
    listen: tryToListen,
    async close() {
      closing = true;
      clearTimeout(retry);
      if (!server.listening) return;
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

/** Status and headers, where the request is not answered with the metrics. */
function refusalOf(
  request: IncomingMessage,
  token: Secret | undefined,
): [number, OutgoingHttpHeaders] | undefined {
  if (request.url?.split('?', 1)[0] !== '/metrics') return [404, {}];
  if (request.method !== 'GET' && request.method !== 'HEAD') return [405, { Allow: 'GET, HEAD' }];
  return mayRead(request, token) ? undefined : [401, { 'WWW-Authenticate': 'Bearer' }];
}

/** Hashed first, so that the time of the comparison tells nothing, not even the length. */
function mayRead({ headers }: IncomingMessage, token: Secret | undefined): boolean {
  if (token === undefined) return true;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token.reveal()}`));
}
