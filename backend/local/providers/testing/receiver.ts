import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Delivered {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server that takes what a provider of the sandbox sends. */
export interface Receiver {
  readonly url: string;
  /** Since it was last cleared, in the order in which it came. */
  readonly received: readonly Delivered[];
  /** Instead of its usual answer, one after the other. */
  answerNext(...statuses: number[]): void;
  /** Resolves when it is so, looked at with each delivery. */
  until(isSo: () => boolean): Promise<void>;
  clear(): void;
  close(): Promise<void>;
}

export async function startReceiver(usually = 200): Promise<Receiver> {
  const received: Delivered[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body });
      response.statusCode = answers.shift() ?? usually;
      response.end();
      server.emit('webhook');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    received,
    answerNext(...statuses) {
      answers.push(...statuses);
    },
    async until(isSo) {
      while (!isSo()) await once(server, 'webhook');
    },
    clear() {
      received.length = 0;
      answers.length = 0;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
