import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { startFaultProxy } from '../fault-proxy.ts';
import { startLoad, type LoadOptions } from './http-load.ts';
import { mismatches, sampleOf } from './json-schema.ts';
import { describeCounts, percentile, summarize } from './summary.ts';

let server: Server;
let url: string;
let connections = 0;
const sockets = new Set<Socket>();

/** Each path answers in its own way; none of the faults may be taken for an answer. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    const whole = JSON.stringify({ text: 'x'.repeat(4_000) });
    response.setHeader('content-type', 'application/json');
    if (path === '/whole') response.end(whole);
    if (path === '/closing') response.setHeader('connection', 'close').end(whole);
    if (path === '/busy') response.writeHead(503).end('{}');
    if (path === '/no-json') response.end('{"half');
    if (path === '/cut') {
      response.writeHead(200, { 'content-length': whole.length });
      response.write(whole.slice(0, 100), () => request.socket.destroy());
    }
    if (path === '/reset') request.socket.resetAndDestroy();
    // Whatever else is asked is never answered.
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  for (const socket of sockets) socket.destroy();
  await once(server, 'close');
});

async function countsOf(path: string, options: Partial<LoadOptions> = {}) {
  const load = startLoad({
    rate: 200,
    connections: 4,
    seconds: 0.1,
    request: () => ({ url: new URL(path, url).href }),
    ...options,
  });
  return summarize(await load.finished).counts;
}

describe('the strict HTTP client', () => {
  test('gives each request one outcome, whatever becomes of it', async () => {
    expect(await countsOf('/whole')).toEqual({ 200: 20 });
    expect(await countsOf('/busy')).toEqual({ 503: 20 });
    expect(await countsOf('/no-json')).toEqual({ 'invalid body': 20 });
    expect(await countsOf('/cut')).toEqual({ truncated: 20 });
    expect(await countsOf('/reset')).toEqual({ reset: 20 });
    expect(await countsOf('/silent', { timeoutMs: 200 })).toEqual({ timeout: 20 });
  });

  test('keeps its connections, and opens another after each Connection: close', async () => {
    connections = 0;
    await countsOf('/whole');
    expect(connections).toBeLessThanOrEqual(4);
    connections = 0;
    expect(await countsOf('/closing')).toEqual({ 200: 20 });
    expect(connections).toBe(20);
  });

  test('counts the wait for a free connection into the latency', async () => {
    const load = startLoad({
      rate: 20,
      connections: 1,
      seconds: 0.1,
      timeoutMs: 300,
      request: () => ({ url: `${url}/silent` }),
    });
    const { counts, latencyMs } = summarize(await load.finished);
    expect(counts).toEqual({ timeout: 2 });
    expect(latencyMs.p50).toBeGreaterThanOrEqual(299);
  });

  test('stops when it is told to, with an outcome for all that it has sent', async () => {
    const load = startLoad({ rate: 200, connections: 4, request: () => ({ url: `${url}/whole` }) });
    while (load.outcomes.length < 10) await new Promise(setImmediate);
    const outcomes = await load.stop();
    expect(new Set(outcomes.map(({ index }) => index)).size).toBe(outcomes.length);
    expect(describeCounts(summarize(outcomes).counts)).toBe(`${outcomes.length} × 200`);
  });

  test('nobody there is refused, not forgotten', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, 'close');
    expect(await countsOf(`http://127.0.0.1:${port}/`)).toEqual({ refused: 20 });
  });
});

test('the fault proxy passes, delays, cuts, swallows and refuses', async () => {
  const proxy = await startFaultProxy(url);
  const counts = (timeoutMs = 20_000) =>
    countsOf(`${new URL(proxy.url).origin}/whole`, { timeoutMs });
  try {
    expect(await counts()).toEqual({ 200: 20 });
    proxy.delay(20);
    expect(await counts()).toEqual({ 200: 20 });
    proxy.cutAfter(1_000);
    expect(await counts()).toEqual({ truncated: 20 });
    proxy.refuse();
    expect(await counts()).toEqual({ reset: 20 });
    proxy.swallow();
    expect(await counts(300)).toEqual({ timeout: 20 });
    proxy.recover();
    expect(await counts()).toEqual({ 200: 20 });
  } finally {
    await proxy.close();
  }
});

test('percentiles are values that were measured', () => {
  const values = Array.from({ length: 200 }, (_, index) => index + 1);
  expect([0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([100, 198, 200]);
  expect(percentile([], 0.5)).toBe(0);
});

describe('a schema of the OpenAPI document', () => {
  const schema = {
    type: 'object',
    properties: {
      id: { type: 'string', format: 'uuid' },
      count: { type: ['integer', 'null'], minimum: 1 },
      tags: { type: 'array', items: { type: 'string', maxLength: 3 }, uniqueItems: true },
    },
    required: ['id'],
    additionalProperties: false,
  };
  const found = (value: unknown, of: Record<string, unknown> = schema) =>
    mismatches(of, value, () => ({ type: 'boolean' }));

  test('fits its own samples', () => {
    for (const whole of [true, false]) expect(found(sampleOf(schema, whole))).toEqual([]);
  });

  test('finds each thing that does not fit', () => {
    const id = '4b6eafb7-324a-4251-b414-04547f135bcb';
    expect(found(null)).toHaveLength(1);
    expect(found({})).toEqual(['body: not required ["id"]']);
    expect(found({ id: 'x', count: 0.5, tags: ['long', 'a', 'a'], more: 1 })).toEqual([
      'body.id: not format "uuid"',
      'body.count: not type ["integer","null"]',
      'body.count: not minimum 1',
      'body.tags.0: not maxLength 3',
      'body.tags: not uniqueItems true',
      'body.more: unknown',
    ]);
    expect(found({ id, count: null })).toEqual([]);
    expect(found(1, { $ref: '#/x' })).toEqual(['body: not type "boolean"']);
    expect(found(1, { multipleOf: 2 })).toEqual(['body: the keyword multipleOf cannot be checked']);
  });
});
