import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KernelConfig } from '../config/index.ts';

/** The HTTP server with its end thought of: it can stop without cutting or refusing a single request. */
export interface HttpServer {
  readonly server: Server;
  /** Resolves with the port; rejects where it cannot listen. */
  listen(): Promise<number>;
  /** Still accepts, but asks every client to connect anew: the next connection goes to another process. */
  drain(milliseconds: number): Promise<void>;
  /** Stops accepting and resolves once every request under way is answered. */
  finishRequests(): Promise<void>;
  /** Resolves when the last connection is gone; cuts what is left. */
  close(): Promise<void>;
}

export function createHttpServer(
  listener: RequestListener,
  config: KernelConfig['http'],
): HttpServer {
  let draining = false;
  let requestsUnderWay = 0;
  let allAnswered: (() => void) | undefined;

  const server = createServer(
    {
      // Set on purpose: Node's defaults leave slow clients up to five minutes.
      requestTimeout: config.requestTimeoutMs,
      headersTimeout: config.headersTimeoutMs,
      keepAliveTimeout: config.keepAliveTimeoutMs,
      maxHeaderSize: 16 * 1024,
    },
    (request, response) => {
      requestsUnderWay += 1;
      if (draining) response.setHeader('Connection', 'close');
      response.once('close', () => {
        requestsUnderWay -= 1;
        if (requestsUnderWay === 0) allAnswered?.();
      });
      listener(request, response);
    },
  );
  let closed: Promise<void> | undefined;

  return {
    server,
    listen() {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(config.port, config.host, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      });
    },
    async drain(milliseconds) {
      draining = true;
      if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
    },
    async finishRequests() {
      draining = true;
      closed = new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      if (requestsUnderWay > 0) {
        await new Promise<void>((resolve) => {
          allAnswered = resolve;
        });
      }
      server.closeIdleConnections();
    },
    async close() {
      server.closeAllConnections();
      await closed;
    },
  };
}
