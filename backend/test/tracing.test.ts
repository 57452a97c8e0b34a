import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { route } from '../src/kernel/http/index.ts';
import { defineModule } from '../src/kernel/module/index.ts';
import { Joi, shape } from '../src/kernel/schema/index.ts';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';
import { startOtlpSink, type OtlpSink, type SinkSpan } from './support/otlp-sink.ts';

const traceOf = (digit: string) => digit.repeat(32);
const parentId = 'b7ad6b7169203331';
const traceparent = (traceId: string, flags = '01') => `00-${traceId}-${parentId}-${flags}`;
const server = 2;
const client = 3;

/** Reads as the caller, so that a request has a transaction below it. */
const reading = defineModule({
  name: 'reading',
  create: ({ db }) => ({
    routes: [
      route({
        method: 'get',
        path: '/reading/:word',
        summary: 'Reads a row',
        tag: 'reading',
        auth: 'user',
        rateLimit: 'signed-in',
        params: shape({ word: Joi.string() }),
        responses: { 200: { description: 'It', body: shape({ word: Joi.string() }) } },
        handler: async ({ caller, params }) => {
          const { rows } = await db.asCaller(caller, (tx) =>
            tx.query<{ word: string }>('select $1::text as word', [params.word]),
          );
          return { body: rows[0] };
        },
      }),
    ],
  }),
});

describe('with a collector', () => {
  let sink: OtlpSink;
  let app: TestApp;
  let user: TestUser;

  beforeAll(async () => {
    sink = await startOtlpSink();
    app = await startTestApp({
      modules: [echo, reading],
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=a-key-of-the-collector-0123456789',
        OTEL_SERVICE_NAME: 'kitchen',
      },
    });
    user = await app.signUp();
  });
  afterAll(async () => {
    await app.stop();
    await sink.close();
  });
  const bearer = () => ({ authorization: `Bearer ${user.accessToken}` });
  const ofTrace = (traceId: string) => (span: SinkSpan) => span.traceId === traceId;

  test("a request's span joins the trace of its caller, and its transaction is below it", async () => {
    const traceId = traceOf('a');
    await app.request
      .get('/api/v1/reading/canary-value?q=canary-query')
      .set(bearer())
      .set({
        traceparent: traceparent(traceId),
        tracestate: 'vendor=1',
        'x-request-id': 'traced-request',
      });
    const spans = await sink.received(2, ofTrace(traceId));
    const request = spans.find(({ kind }) => kind === server);
    expect(request).toMatchObject({
      name: 'GET /api/v1/reading/:word',
      parentSpanId: parentId,
      traceState: 'vendor=1',
      statusCode: 0,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/api/v1/reading/:word',
        'http.response.status_code': 200,
        'bulwark.request_id': 'traced-request',
      },
    });
    const transactions = spans.filter(({ kind }) => kind === client);
    expect(transactions.length).toBeGreaterThan(0);
    for (const transaction of transactions)
      expect(transaction).toMatchObject({
        name: 'database transaction',
        parentSpanId: request?.spanId,
        attributes: { 'db.system.name': 'postgresql' },
      });
    expect(JSON.stringify(spans)).not.toMatch(/canary|select/);
    expect(JSON.stringify(spans)).not.toContain(user.userId);
    expect(sink.resource).toMatchObject({ 'service.name': 'kitchen', 'service.version': 'test' });
    expect(sink.headers['x-api-key']).toBe('a-key-of-the-collector-0123456789');
  });

  test('every log line of the request carries the trace id', async () => {
    const traceId = traceOf('b');
    await app.request.get('/api/v1/broken').set({
      traceparent: traceparent(traceId),
      'x-request-id': 'broken-request',
    });
    const lines = app.logLines.filter(({ requestId }) => requestId === 'broken-request');
    expect(lines.map(({ msg, traceId }) => [msg, traceId])).toEqual([
      ['request failed', traceId],
      ['request', traceId],
    ]);
    const [span] = await sink.received(1, ofTrace(traceId));
    expect(span).toMatchObject({ statusCode: 2, attributes: { 'error.type': '500' } });
  });

  test('without a traceparent, or with a broken one, a trace begins here', async () => {
    for (const [id, header] of [
      ['begins-here-1', {}],
      ['begins-here-2', { traceparent: traceparent(traceOf('0')) }],
    ] as const) {
      await app.request.get('/livez').set({ ...header, 'x-request-id': id });
      const [span] = await sink.received(
        1,
        ({ attributes }) => attributes['bulwark.request_id'] === id,
      );
      expect(span?.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
      expect(span?.parentSpanId ?? '').toBe('');
      const line = app.logLines.find(({ requestId }) => requestId === id);
      expect(line?.traceId).toBe(span?.traceId);
    }
  });

  test('a caller that does not record is followed', async () => {
    const [unrecorded, recorded] = [traceOf('c'), traceOf('d')];
    await app.request.get('/livez').set({ traceparent: traceparent(unrecorded, '00') });
    await app.request.get('/livez').set({ traceparent: traceparent(recorded) });
    await sink.received(1, ofTrace(recorded));
    expect(sink.spans.filter(ofTrace(unrecorded))).toEqual([]);
    expect(app.logLines.some(({ traceId }) => traceId === unrecorded)).toBe(true);
  });

  test('an unknown path gives the span no name', async () => {
    const traceId = traceOf('e');
    await app.request.get('/canary/path').set({ traceparent: traceparent(traceId) });
    const [span] = await sink.received(1, ofTrace(traceId));
    expect(span?.name).toBe('GET');
    expect(JSON.stringify(span)).not.toContain('canary');
  });

  test('a socket event has a span of its own, and its log line the trace id', async () => {
    const socket = await app.connect(user.accessToken);
    await socket.emitWithAck('echo:say', { word: 'canary-word' });
    await socket.emitWithAck('echo:say', {});
    const spans = await sink.received(2, ({ name }) => name === 'echo:say');
    expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual([
      undefined,
      'VALIDATION_FAILED',
    ]);
    const lines = app.logLines.filter(({ event }) => event === 'echo:say');
    expect(lines.map(({ traceId }) => traceId)).toEqual(spans.map(({ traceId }) => traceId));
    expect(JSON.stringify(spans)).not.toContain('canary');
  });
});

describe('what is left when the server stops', () => {
  test('is sent first', async () => {
    const sink = await startOtlpSink();
    const app = await startTestApp({
      modules: [echo],
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    });
    const traceId = traceOf('f');
    await app.request.get('/livez').set({ traceparent: traceparent(traceId) });
    await app.stop();
    expect(sink.spans.filter((span) => span.traceId === traceId)).toHaveLength(1);
    await sink.close();
  });

  test('does not hold it up where the collector hangs, and no request waits', async () => {
    const held: ServerResponse[] = [];
    const hanging = createServer((_request, response) => held.push(response));
    hanging.listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    const { port } = hanging.address() as AddressInfo;
    const app = await startTestApp({
      modules: [echo],
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
    });
    for (let count = 0; count < 20; count += 1)
      expect((await app.request.get('/livez')).status).toBe(200);
    await app.stop();
    expect(app.logLines.at(-1)).toMatchObject({ msg: 'shutdown phase done', phase: 'pools' });
    // A refusal, so that the exporter does not try again.
    for (const response of held) response.writeHead(400, { connection: 'close' }).end();
    hanging.close();
  });
});

test("without a collector a caller's trace id is in the log all the same, and only that", async () => {
  const app = await startTestApp({ modules: [echo] });
  try {
    const traceId = traceOf('9');
    await app.request.get('/livez').set({ traceparent: traceparent(traceId) });
    await app.request.get('/livez').set({ traceparent: `${traceparent(traceId)}x` });
    await app.request.get('/livez');
    const lines = app.logLines.filter(({ msg }) => msg === 'request');
    expect(lines.map((line) => line.traceId)).toEqual([traceId, undefined, undefined]);
  } finally {
    await app.stop();
  }
});
