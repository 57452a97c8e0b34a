import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface KeyServer {
  readonly url: string;
  /** How often it was asked. */
  requests(): number;
  /** What it answers from now on: a document, sent as JSON, or anything else. */
  serve(answer: object | RequestListener): void;
  /** Stops listening and resets every connection; `up` listens on the same port again. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/** A JWKS endpoint that can misbehave. */
export async function startKeyServer(document: object = { keys: [] }): Promise<KeyServer> {
  let answer: object | RequestListener = document;
  let requests = 0;
  let server: Server | undefined;
  let port = 0;

  async function up(): Promise<void> {
    server = createServer((request, response) => {
      requests += 1;
      if (typeof answer === 'function') {
        (answer as RequestListener)(request, response);
      } else {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(answer));
      }
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }

  async function down(): Promise<void> {
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    server = undefined;
  }

  await up();
  return {
    url: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    requests: () => requests,
    serve: (next) => {
      answer = next;
    },
    down,
    up,
    close: down,
  };
}
