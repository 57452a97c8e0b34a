import cluster from 'node:cluster';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net';
import type { KernelConfig } from '../config/index.ts';
import type { Logger } from '../logging/index.ts';
import { cutSlowReaders, limitConnections } from './slow-clients.ts';
import { refuseUnreadable } from './unreadable-request.ts';

/** The HTTP server with its end thought of: it can stop without cutting or refusing a single request. */
export interface HttpServer {
  readonly server: Server;
  /** Whether this process is one of a cluster, so that others take the connections that it does not. */
  readonly sharesPort: boolean;
  /** Resolves with the port; rejects where it cannot listen. */
  listen(): Promise<number>;
  /**
   * Asks every client to connect anew: the next connection goes to another process. Where others listen on the same port
   * (`sharesPort`) it takes no new connection from now on, otherwise it still accepts.
   */
  drain(milliseconds: number): Promise<void>;
  /** Stops accepting and resolves once every request under way is answered. */
  finishRequests(): Promise<void>;
  /** Cuts what is left and resolves when the last connection is gone. Upgraded ones may say goodbye first. */
  close(): Promise<void>;
}

/** Node looks for connections past their time only so often; its own 30 s would be added to every timeout. */
const timeoutCheckMs = 1_000;
/** What a WebSocket gets to answer the close of its connection. */
const farewellMs = 500;

export function createHttpServer(
  listener: RequestListener,
  config: KernelConfig['http'],
  logger: Logger,
  /** Told of each answer to what never became a request. */
  onRefused: (status: number) => void,
): HttpServer {
  const sharesPort = cluster.isWorker;
  let draining = false;
  let allAnswered: (() => void) | undefined;
  let closed: Promise<void> | undefined;
  let endWatch: (() => void) | undefined;
  const underWay = new Set<ServerResponse>();
  const connections = new Set<Socket>();

  function noLongerUnderWay(this: ServerResponse): void {
    underWay.delete(this);
    if (underWay.size === 0) allAnswered?.();
  }

  const server = createServer(
    {
      // Set on purpose: Node's defaults leave slow clients up to five minutes.
      requestTimeout: config.requestTimeoutMs,
      headersTimeout: config.headersTimeoutMs,
      keepAliveTimeout: config.keepAliveTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
      // This alone limits how many there are: past a number of its own Node would drop the last ones in silence, and a proxy
      // appends what it vouches for.
      maxHeaderSize: 16 * 1024,
      // A second Authorization header is not dropped in silence: joined, the two are no token.
      joinDuplicateHeaders: true,
      // Whoever offers HTTP/2 in clear (`Upgrade: h2c`) is answered over HTTP/1.1, not cut off.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    (request, response) => {
      underWay.add(response);
      if (draining) response.setHeader('Connection', 'close');
      response.on('close', noLongerUnderWay);
      listener(request, response);
    },
  );
  server.maxHeadersCount = 0;
  limitConnections(server, config.maxConnections, logger);
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  refuseUnreadable(server, { logger, onRefused }, (socket) =>
    [...underWay].some(({ req, headersSent }) => req.socket === socket && headersSent),
  );

  /** No connection is kept after the answer that it waits for. Of pipelined answers only the last may close it. */
  function startDraining(): void {
    draining = true;
    const lastOf = new Map([...underWay].map((response) => [response.req.socket, response]));
    for (const response of lastOf.values()) {
      if (!response.headersSent) response.setHeader('Connection', 'close');
    }
  }

  return {
    server,
    sharesPort,
    listen() {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(config.port, config.host, () => {
          server.off('error', reject);
          endWatch = cutSlowReaders(underWay, config.responseTimeoutMs, logger);
          resolve((server.address() as AddressInfo).port);
        });
      });
    },
    async drain(milliseconds) {
      startDraining();
      const { listening } = server;
      // http.Server's own close would also cut connections that are idle, under the next request of their clients.
      if (sharesPort) NetServer.prototype.close.call(server);
      if (listening && milliseconds > 0)
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
    },
    async finishRequests() {
      startDraining();
      closed = new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      if (underWay.size > 0) {
        await new Promise<void>((resolve) => {
          allAnswered = resolve;
        });
      }
      server.closeIdleConnections();
    },
    async close() {
      server.closeAllConnections();
      const cut = setTimeout(() => {
        for (const socket of connections) socket.destroy();
      }, farewellMs);
      await closed;
      clearTimeout(cut);
      endWatch?.();
    },
  };
}
