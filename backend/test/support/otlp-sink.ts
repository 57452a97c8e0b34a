import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A span as OTLP writes it, with its attributes as a plain object. */
export interface SinkSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  traceState: string | undefined;
  name: string;
  /** 2: server, 3: client. */
  kind: number;
  /** 2: error. */
  statusCode: number;
  attributes: Record<string, string | number | boolean>;
}

export interface OtlpSink {
  readonly url: string;
  readonly spans: readonly SinkSpan[];
  /** What the service says of itself. */
  readonly resource: Readonly<Record<string, string | number | boolean>>;
  /** Headers of the last request. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Resolves once this many spans satisfy the test. */
  received(count: number, matches: (span: SinkSpan) => boolean): Promise<SinkSpan[]>;
  close(): Promise<void>;
}

type Value = {
  stringValue?: string;
  intValue?: number | string;
  doubleValue?: number;
  boolValue?: boolean;
};
type Pairs = { key: string; value: Value }[];
interface Export {
  resourceSpans: {
    resource: { attributes: Pairs };
    scopeSpans: {
      spans: (Omit<SinkSpan, 'attributes' | 'statusCode'> & {
        attributes: Pairs;
        status?: { code?: number };
      })[];
    }[];
  }[];
}

const plain = (pairs: Pairs) =>
  Object.fromEntries(
    pairs.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  );

/** A collector on loopback that keeps what it is sent as OTLP in JSON. */
export async function startOtlpSink(): Promise<OtlpSink> {
  const spans: SinkSpan[] = [];
  const changes = new EventEmitter();
  let resource: OtlpSink['resource'] = {};
  let headers: OtlpSink['headers'] = {};
  const server = createServer((request, response) => {
    headers = request.headers;
    void json(request).then((body) => {
      for (const part of (body as Export).resourceSpans) {
        resource = plain(part.resource.attributes);
        for (const span of part.scopeSpans.flatMap((scope) => scope.spans)) {
          spans.push({
            traceId: span.traceId,
            spanId: span.spanId,
            parentSpanId: span.parentSpanId,
            traceState: span.traceState,
            name: span.name,
            kind: span.kind,
            statusCode: span.status?.code ?? 0,
            attributes: plain(span.attributes),
          });
        }
      }
      response.setHeader('Content-Type', 'application/json').end('{}');
      changes.emit('spans');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    get resource() {
      return resource;
    },
    get headers() {
      return headers;
    },
    async received(count, matches) {
      for (;;) {
        const found = spans.filter(matches);
        if (found.length >= count) return found;
        await once(changes, 'spans');
      }
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
