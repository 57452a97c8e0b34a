import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { faultsOf, productionEnvironment, randomSecret } from './support/environment.ts';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';
import { sendRaw, strangeRequests } from './support/raw-requests.ts';
import { addedSeries, metricsUrl, scrape, sumOf, type Series } from './support/scrape.ts';

const token = randomSecret();
let app: TestApp;
let user: TestUser;
let url: string;

beforeAll(async () => {
  app = await startTestApp({
    modules: [echo],
    environment: {
      METRICS_PORT: '0',
      METRICS_TOKEN: token,
      RATE_LIMIT_PUBLIC: '100000',
      RATE_LIMIT_SIGNED_IN: '100000',
      // A machine that is busy with other tests must not shed these.
      OVERLOAD_EVENT_LOOP_DELAY_MS: '60000',
    },
  });
  user = await app.signUp();
  url = metricsUrl(app.logLines);
});
afterAll(async () => {
  await app.stop();
});

const read = () => scrape(url, token);
const bearer = () => ({ authorization: `Bearer ${user.accessToken}` });
const status = async (path: string, init?: RequestInit) => (await fetch(url + path, init)).status;

describe('the address of the metrics', () => {
  test('is not there for those without the token', async () => {
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      `Bearer ${token.slice(1)}`,
      `Bearer ${token}x`,
      `bearer ${token}`,
      `Basic ${token}`,
      token,
    ]) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      const response = await fetch(`${url}/metrics`, { headers });
      expect([authorization, response.status]).toEqual([authorization, 401]);
      expect(await response.text()).toBe('');
    }
  });

  test('serves nothing else, and is not on the port of the API', async () => {
    const headers = { authorization: `Bearer ${token}` };
    expect(await status('/', { headers })).toBe(404);
    expect(await status('/metrics/x', { headers })).toBe(404);
    expect(await status('/metrics', { headers, method: 'POST' })).toBe(405);
    expect(await status('/metrics?x=1', { headers, method: 'HEAD' })).toBe(200);
    expect((await app.request.get('/metrics')).status).toBe(404);
  });

  test('is shared by scrapes at the same time, and outlives those that hang', async () => {
    const { port } = new URL(url);
    const silent = connect(Number(port), '127.0.0.1');
    const half = connect(Number(port), '127.0.0.1');
    half.write('GET /metrics HTTP/1.1\r\nHost: x\r\n');
    const all = await Promise.all(Array.from({ length: 8 }, read));
    expect(all.every((series) => series.size > 50)).toBe(true);
    expect((await app.request.get('/livez')).status).toBe(200);
    silent.destroy();
    half.destroy();
  });

  test('must be guarded or on loopback, where others could reach it', () => {
    const production = { ...productionEnvironment(), METRICS_PORT: '9464' };
    expect(faultsOf(production)).toEqual([]);
    for (const METRICS_HOST of ['0.0.0.0', '::', '10.0.0.7', 'metrics.internal']) {
      const open = { ...production, METRICS_HOST };
      expect(faultsOf(open)).toMatchObject([{ variable: 'METRICS_TOKEN' }]);
      expect(faultsOf({ ...open, METRICS_TOKEN: randomSecret() })).toEqual([]);
    }
  });
});

describe('the numbers', () => {
  test('count each request once, by route template and status', async () => {
    const before = await read();
    for (const number of [1, 2, 3]) await app.request.get(`/api/v1/echo/${number}`).set(bearer());
    await app.request.get('/api/v1/echo/4');
    await app.request.get('/api/v1/echo/not-a-number').set(bearer());
    await app.request.post('/api/v1/echo').set(bearer()).send({ word: 'hi' });
    await app.request.get('/api/v1/broken');
    const after = await read();
    const increase = (labels: Record<string, string>, name = 'bulwark_http_requests_total') =>
      sumOf(after, name, labels) - sumOf(before, name, labels);
    const byNumber = { method: 'GET', route: '/api/v1/echo/:number' };
    expect(increase({ ...byNumber, status: '200' })).toBe(3);
    expect(increase({ ...byNumber, status: '401' })).toBe(1);
    expect(increase({ ...byNumber, status: '400' })).toBe(1);
    expect(increase({ method: 'POST', route: '/api/v1/echo', status: '200' })).toBe(1);
    expect(increase({ route: '/api/v1/broken', status: '500' })).toBe(1);
    expect(increase({})).toBe(7);
    expect(increase(byNumber, 'bulwark_http_request_duration_seconds_count')).toBe(5);
  });

  test('count what never became a request, and what was shed', async () => {
    const refused = { method: 'other', route: 'none' };
    const name = 'bulwark_http_requests_total';
    const before = await read();
    await sendRaw(app.url, 'NO HTTP AT ALL\r\n\r\n');
    const after = await read();
    const unreadable = { ...refused, status: '400' };
    expect(sumOf(after, name, unreadable) - sumOf(before, name, unreadable)).toBe(1);

    const full = await startTestApp({
      modules: [echo],
      environment: { METRICS_PORT: '0', OVERLOAD_MAX_IN_FLIGHT: '1' },
    });
    const endless = new AbortController();
    try {
      const waiting = fetch(`${full.url}/api/v1/until-gone`, { signal: endless.signal });
      waiting.catch(() => undefined);
      let status = 0;
      while (status !== 503) ({ status } = await full.request.get('/api/v1/public-echo'));
      const shed = { ...refused, status: '503' };
      const series = await scrape(metricsUrl(full.logLines));
      expect(sumOf(series, name, shed)).toBe(1);
      expect(sumOf(series, 'bulwark_sheds_total', { kind: 'request' })).toBe(1);
    } finally {
      endless.abort();
      await full.stop();
    }
  });

  test('tell of process, event loop, pool and readiness', async () => {
    const series = await read();
    for (const name of [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'process_start_time_seconds',
      'nodejs_heap_size_used_bytes',
      'nodejs_eventloop_lag_p99_seconds',
      'bulwark_event_loop_utilization_ratio',
      'bulwark_database_connections_max',
    ])
      expect([name, sumOf(series, name)]).toEqual([name, expect.any(Number)]);
    expect(sumOf(series, 'bulwark_build_info', { version: 'test' })).toBe(1);
    expect(sumOf(series, 'bulwark_ready')).toBe(1);
    expect(sumOf(series, 'bulwark_health_check_ok', { check: 'database' })).toBe(1);
    expect(sumOf(series, 'bulwark_database_connections_max')).toBe(10);
    expect(sumOf(series, 'bulwark_database_connections')).toBeGreaterThan(0);
    expect(
      sumOf(series, 'bulwark_database_transaction_duration_seconds_count', { rights: 'login' }),
    ).toBeGreaterThan(0);
  });

  test('name no user, address or path of a client', async () => {
    await app.request.get('/api/v1/echo/7?word=canary-word').set(bearer());
    await app.request.get('/api/v1/canary-path').set('x-request-id', 'canary-request');
    const names = [...(await read()).keys()].join('\n');
    for (const secret of ['canary', user.userId, user.email, '127.0.0.1'])
      expect(names).not.toContain(secret);
  });
});

describe('whatever strangers send', () => {
  test('no series is added once each kind was met', async () => {
    const round = async (number: number) => {
      await sendRaw(app.url, strangeRequests(number, '/api/v1/me').text);
      await sendRaw(app.url, `MADE${number} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    };
    await round(0);
    const before = await read();
    for (let number = 1; number <= 10; number += 1) await round(number);
    const after = await read();
    expect(addedSeries(before, after)).toEqual([]);
    const total = (series: Series) => sumOf(series, 'bulwark_http_requests_total');
    expect(total(after) - total(before)).toBe(10 * (strangeRequests(0, '/').count + 1));
  });
});
