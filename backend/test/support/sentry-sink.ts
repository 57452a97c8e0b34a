import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** As Sentry's documentation has events; what tests look at. */
export interface SentryEvent {
  event_id: string;
  type?: string;
  level?: string;
  release?: string;
  environment?: string;
  transaction?: string;
  fingerprint?: string[];
  tags?: Record<string, string>;
  user?: Record<string, unknown>;
  request?: unknown;
  breadcrumbs?: unknown;
  exception?: { values: { type: string; value: string; mechanism?: unknown }[] };
  contexts?: Record<string, Record<string, unknown>>;
}

/** How it answers: `hang` never does, `refuse` cuts the connection. */
export type SinkBehaviour = 'ok' | 'hang' | 'refuse' | 429 | 500;

export interface SentrySink {
  readonly dsn: string;
  /** Errors and transactions, in the order in which they came. */
  readonly events: readonly SentryEvent[];
  /** Every envelope as it was sent, decompressed. */
  raw(): string;
  behave(how: SinkBehaviour): void;
  /** Requests so far, whatever became of them. */
  requests(): number;
  /** Resolves with the first event of which this is true, once it is there. */
  received(matches: (event: SentryEvent) => boolean): Promise<SentryEvent>;
  close(): Promise<void>;
}

/** What a DSN names: it takes envelopes as Sentry's own ingest does, and keeps them. */
export async function startSentrySink(): Promise<SentrySink> {
  const events: SentryEvent[] = [];
  const envelopes: string[] = [];
  const listeners = new Set<() => void>();
  let how: SinkBehaviour = 'ok';
  let requests = 0;

  const server = createServer((request, response) => {
    requests += 1;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (how === 'refuse') request.socket.destroy();
      if (how === 'ok') {
        const body = Buffer.concat(chunks);
        const text = (
          request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
        ).toString();
        envelopes.push(text);
        events.push(...eventsOf(text));
        for (const listener of listeners) listener();
      }
      answer(response, how);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    dsn: `http://0a1b2c3d@127.0.0.1:${port}/7`,
    events,
    raw: () => envelopes.join('\n'),
    behave(behaviour) {
      how = behaviour;
    },
    requests: () => requests,
    received(matches) {
      return new Promise((resolve) => {
        const look = () => {
          const found = events.find(matches);
          if (!found) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, how: SinkBehaviour): void {
  if (how === 'ok') response.end('{}');
  if (how === 429) response.writeHead(429, { 'Retry-After': '1' }).end();
  if (how === 500) response.writeHead(500).end();
}

/** A header, then a header and a payload for each item, one a line. */
function eventsOf(envelope: string): SentryEvent[] {
  const lines = envelope.split('\n').slice(1);
  return lines.flatMap((line, index) => {
    const { type } = index % 2 === 0 && line !== '' ? (JSON.parse(line) as { type: string }) : {};
    return type === 'event' || type === 'transaction'
      ? [JSON.parse(lines[index + 1] ?? '') as SentryEvent]
      : [];
  });
}
