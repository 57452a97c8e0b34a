import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import { Server as SocketServer } from 'socket.io';

export interface OtherServer {
  readonly url: string;
  /** Requests that reached it, sockets included. */
  requests(): number;
  close(): Promise<void>;
}

/** An API that makes the usual mistakes: each of them must be found. */
export async function startCarelessServer(): Promise<OtherServer> {
  const app = express();
  app.use((request: Request, response: Response, next: NextFunction) => {
    response.set('Access-Control-Allow-Origin', request.get('origin') ?? '*');
    response.set('Access-Control-Allow-Credentials', 'true');
    response.set('Set-Cookie', 'session=1');
    response.set('X-Request-Id', request.get('x-request-id') ?? 'none');
    // Whoever names another address is another client.
    response.set(
      'X-RateLimit-Remaining',
      request.get('x-forwarded-for') === undefined ? '9' : '10',
    );
    next();
  });
  app.use(express.json());
  app.all('/api/v1/me', (request: Request, response: Response) => {
    const [, payload] = (request.get('authorization') ?? '').split('.');
    if (payload === undefined) response.status(401).send('Unauthorized');
    // Read, not verified.
    else response.json(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  });
  app.post('/webhooks/stripe', (_request: Request, response: Response) => {
    response.json({ received: true });
  });
  app.get('/health', (_request: Request, response: Response) => {
    response.json({ database: 'postgres://app:secret@db.internal/app' });
  });
  app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    response.status(500).send(error.stack);
  });

  const server = createServer(app);
  new SocketServer(server, { cors: { origin: '*' } });
  return listen(server);
}

/** Speaks, but not HTTP. */
export async function startGarbageServer(): Promise<OtherServer> {
  let requests = 0;
  const server = createTcpServer((socket) => {
    requests += 1;
    socket.on('error', () => undefined);
    socket.resume();
    socket.end(Buffer.from([0, 255, 13, 10, 7, 0, 200]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

/** Speaks HTTP, and nothing that makes sense in it: endless bodies, JSON that is none, half an answer. */
export async function startBabblingServer(): Promise<OtherServer> {
  let turn = 0;
  const server = createServer((_request, response) => {
    turn += 1;
    response.on('error', () => undefined);
    response.writeHead([200, 599, 201, 404][turn % 4] ?? 200, {
      'content-type': 'application/json',
      'x-request-id': 'x'.repeat(5_000),
    });
    if (turn % 3 === 0) {
      response.write('{"half');
      setImmediate(() => response.destroy());
      return;
    }
    const babble = () => {
      while (!response.destroyed && response.write('x'.repeat(16_384)));
    };
    response.on('drain', babble);
    babble();
  });
  return listen(server);
}

/** On a free port of loopback. */
export async function listen(server: Server, scheme = 'http'): Promise<OtherServer> {
  let requests = 0;
  server.on('request', () => (requests += 1));
  server.on('upgrade', () => (requests += 1));
  // An upgraded connection is none of the HTTP server's any more, and would hold up its close.
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
