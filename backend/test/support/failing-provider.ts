import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What to do with one request. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

export interface FailingProvider {
  readonly url: string;
  /** What was asked, in order. */
  readonly requests: readonly {
    method: string;
    url: string;
    headers: IncomingMessage['headers'];
  }[];
  /** Given to the next requests, one each; then it is well again. */
  next(...behaviours: Behaviour[]): void;
  /** From now on, to every request. */
  always(behaviour: Behaviour): void;
  close(): Promise<void>;
}

export const answers =
  (status: number, body: unknown = {}, headers: Record<string, string> = {}): Behaviour =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
export const resets: Behaviour = (response) => response.socket?.resetAndDestroy();
export const staysSilent: Behaviour = () => undefined;
/** The head and the first half, and then nothing more. */
export const stopsHalfway: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"value":');
};

/** A provider that does as it is told, on a port of its own. Well, it answers `{"value":1}`. */
export async function startFailingProvider(): Promise<FailingProvider> {
  const requests: FailingProvider['requests'][number][] = [];
  let usual: Behaviour = answers(200, { value: 1 });
  const queue: Behaviour[] = [];
  const server = createServer((request, response) => {
    requests.push({
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
    });
    (queue.shift() ?? usual)(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    next(...behaviours) {
      queue.push(...behaviours);
    },
    always(behaviour) {
      usual = behaviour;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
