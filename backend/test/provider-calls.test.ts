import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { route } from '../src/kernel/http/index.ts';
import { defineModule } from '../src/kernel/module/index.ts';
import { upstreamErrors } from '../src/kernel/resilience/index.ts';
import { Joi } from '../src/kernel/schema/index.ts';
import { startTestApp, type TestApp } from './support/app.ts';
import { answers, startFailingProvider, type FailingProvider } from './support/failing-provider.ts';
import { startOtlpSink, type OtlpSink } from './support/otlp-sink.ts';

const [server, client] = [2, 3];
const traceId = 'c'.repeat(32);

let upstream: FailingProvider;
let sink: OtlpSink;
let app: TestApp;

/** Its upstream is the test's. */
const asking = (baseUrl: string) =>
  defineModule({
    name: 'asking',
    create({ providers }) {
      const provider = providers.create({ name: 'oracle', baseUrl, attempts: 2 });
      return {
        routes: [
          route({
            method: 'get',
            path: '/asking',
            summary: 'Asks the upstream',
            tag: 'asking',
            auth: 'public',
            rateLimit: 'public',
            errors: upstreamErrors,
            responses: { 200: { description: 'Its answer', body: Joi.object().unknown() } },
            handler: async () => ({
              body: (await provider.fetchJson({ path: '/', schema: Joi.object() })).body,
            }),
          }),
        ],
      };
    },
  });

beforeAll(async () => {
  upstream = await startFailingProvider();
  sink = await startOtlpSink();
  app = await startTestApp({
    modules: [asking(upstream.url)],
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  });
});
afterAll(async () => {
  await app.stop();
  await sink.close();
  await upstream.close();
});

test('one request id and one trace lead through the call of an upstream, each try with its own span', async () => {
  upstream.next(answers(500));
  const response = await app.request
    .get('/api/v1/asking')
    .set({ 'x-request-id': 'asked-once', traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  expect(response.status).toBe(200);
  const spans = await sink.received(3, (span) => span.traceId === traceId);
  const request = spans.find(({ kind }) => kind === server);
  const tries = spans.filter(({ kind }) => kind === client);
  expect(tries.map(({ name, statusCode }) => [name, statusCode])).toEqual([
    ['oracle GET', 2],
    ['oracle GET', 0],
  ]);
  for (const [index, { parentSpanId, spanId, attributes }] of tries.entries()) {
    expect(parentSpanId).toBe(request?.spanId);
    expect(attributes).toMatchObject({ 'peer.service': 'oracle', 'bulwark.attempt': index + 1 });
    expect(upstream.requests[index]?.headers).toMatchObject({
      'x-request-id': 'asked-once',
      traceparent: `00-${traceId}-${spanId}-01`,
    });
  }
});

test('a failed one is told to clients by its name, and no more', async () => {
  upstream.next(answers(418, { secret: 'hidden-from-clients' }));
  const response = await app.request.get('/api/v1/asking');
  expect(response.status).toBe(502);
  expect(response.body).toMatchObject({ error: 'UPSTREAM_REJECTED', provider: 'oracle' });
  expect(response.text).not.toMatch(/hidden|418|127\.0\.0\.1/);
});
