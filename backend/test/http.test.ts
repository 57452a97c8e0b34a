import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';

let app: TestApp;
let user: TestUser;

beforeAll(async () => {
  app = await startTestApp({
    modules: [echo],
    environment: { ALLOWED_ORIGINS: 'https://app.acme.test', BODY_LIMIT: '1kb' },
  });
  user = await app.signUp();
});
afterAll(async () => {
  await app.stop();
});

const bearer = (token = user.accessToken) => ({ authorization: `Bearer ${token}` });

const outcome = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: string }).error,
];

describe('every answer', () => {
  test('carries a request id, the well-formed one of the client where there is one', async () => {
    const kept = await app.request.get('/livez').set('x-request-id', 'mobile-7f3a:2');
    expect(kept.headers['x-request-id']).toBe('mobile-7f3a:2');
    for (const bad of ['short', 'has space in it', 'x'.repeat(129), 'née-née-née']) {
      const { headers } = await app.request
        .get('/livez')
        .set('x-request-id', encodeURI(bad) === bad ? bad : 'a b');
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('carries the security headers and says nothing of Express', async () => {
    const { headers } = await app.request.get('/api/v1/nothing');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'strict-transport-security': expect.stringContaining('max-age=31536000') as unknown,
      'content-security-policy': expect.stringContaining("default-src 'self'") as unknown,
    });
    expect(headers['x-powered-by']).toBeUndefined();
  });

  test('leaves one log line with request id, user, route and latency, and no query', async () => {
    await app.request
      .get('/api/v1/echo/7?word=hush')
      .set(bearer())
      .set('x-request-id', 'one-log-line');
    const lines = app.logLines.filter(({ requestId }) => requestId === 'one-log-line');
    expect(lines).toEqual([
      expect.objectContaining({
        msg: 'request',
        method: 'GET',
        path: '/api/v1/echo/7',
        route: '/api/v1/echo/:number',
        status: 200,
        userId: user.userId,
        durationMs: expect.any(Number) as unknown,
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('hush');
  });
});

describe('origins', () => {
  test('an allowed one may read the answer, and its preflight passes', async () => {
    const origin = 'https://app.acme.test';
    const simple = await app.request.get('/livez').set('origin', origin);
    expect(simple.headers['access-control-allow-origin']).toBe(origin);
    const preflight = await app.request
      .options('/api/v1/echo')
      .set({ origin, 'access-control-request-method': 'POST' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-methods']).toContain('POST');
  });

  test('an allowed one may send the headers of a trace, as tracing in browsers does', async () => {
    const asked = ['content-type', 'traceparent', 'tracestate'];
    const preflight = await app.request.options('/api/v1/echo').set({
      origin: 'https://app.acme.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': asked.join(','),
    });
    const allowed = preflight.headers['access-control-allow-headers'] ?? '';
    expect(allowed.toLowerCase().split(',')).toEqual(expect.arrayContaining(asked));
  });

  test.each([
    'https://evil.test',
    'https://app.acme.test.evil.test',
    'null',
    'http://app.acme.test',
  ])('%s gets no permission', async (origin) => {
    const { headers } = await app.request.get('/livez').set('origin', origin);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a request is checked at the door', () => {
  test('params, query, headers and body are converted by their schemas', async () => {
    const posted = await app.request
      .post('/api/v1/echo')
      .set(bearer())
      .set('x-mood', 'sunny')
      .send({ word: '  hello ' });
    expect(posted.body).toEqual({ word: 'hello', mood: 'sunny' });
    const read = await app.request.get('/api/v1/echo/7?word=hi').set(bearer());
    expect(read.body).toEqual({ number: 7, word: 'hi' });
  });

  test('every fault is named, never with its value', async () => {
    const response = await app.request
      .post('/api/v1/echo')
      .set(bearer())
      .set('x-mood', 'furious-canary')
      .send({ word: 'ok', 'unknown-canary': 1 });
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({
      error: 'VALIDATION_FAILED',
      statusCode: 400,
      path: '/api/v1/echo',
    });
    const { details } = response.body as { details: { field: string; reason: string }[] };
    expect(details.length).toBeGreaterThan(0);
    expect(details.map(({ reason }) => reason).join()).not.toContain('canary');
  });

  test('nobody without the right role gets as far as the body', async () => {
    const refused = await app.request
      .post('/api/v1/echo')
      .set('content-type', 'application/json')
      .send('{"word":');
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer/);
    const admin = await app.signUp({ role: 'admin' });
    expect((await app.request.get('/api/v1/admin-echo').set(bearer())).status).toBe(403);
    expect(
      (await app.request.get('/api/v1/admin-echo').set(bearer(admin.accessToken))).status,
    ).toBe(200);
  });

  test('a present but invalid token never becomes anonymous', async () => {
    expect((await app.request.get('/api/v1/public-echo')).status).toBe(200);
    for (const authorization of ['Bearer nonsense', 'Bearer', 'Basic dXNlcjpwdw==', '']) {
      const response = await app.request.get('/api/v1/public-echo').set({ authorization });
      expect([authorization, ...outcome(response)]).toEqual([authorization, 401, 'TOKEN_INVALID']);
    }
  });
});

describe('addresses and methods', () => {
  test('an unknown path is 404, a known one with another method 405 with Allow', async () => {
    expect((await app.request.get('/api/v1/echo/')).status).toBe(405);
    expect((await app.request.get('/api/v2/echo')).body).toMatchObject({
      error: 'NOT_FOUND',
      path: '/api/v2/echo',
    });
    const wrong = await app.request.delete('/api/v1/echo/7').set(bearer());
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const options = await app.request.options('/api/v1/echo');
    expect([options.status, options.headers.allow]).toEqual([204, 'POST, PATCH, OPTIONS']);
    expect((await app.request.head('/api/v1/echo/7').set(bearer())).status).toBe(200);
  });

  test.each([
    '/livez',
    '/readyz',
    '/health',
    '/docs',
    '/docs/start.js',
    '/docs/assets/swagger-ui.css',
    '/api/v1/openapi.json',
  ])('%s is for reading only', async (path) => {
    expect((await app.request.head(path)).status).toBe(200);
    const options = await app.request.options(path);
    expect([options.status, options.headers.allow]).toEqual([204, 'GET, HEAD, OPTIONS']);
    const posted = await app.request.post(path);
    expect([...outcome(posted), posted.headers.allow]).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
      'GET, HEAD, OPTIONS',
    ]);
  });

  test('upper case is another path, so that no rule of a proxy is passed by it', async () => {
    for (const path of ['/API/v1/public-echo', '/api/v1/Public-Echo', '/Livez', '/DOCS'])
      expect((await app.request.get(path)).status).toBe(404);
  });

  test('a path that cannot be decoded is 400', async () => {
    for (const path of ['/api/v1/echo/%ff', '/nowhere/%ff'])
      expect(await rawGet(path)).toMatchObject({
        status: 400,
        error: 'MALFORMED_REQUEST',
      });
  });

  test('problem+json is sent to whoever asks for it', async () => {
    const { headers, text: body } = await app.request
      .get('/nothing')
      .set('accept', 'application/problem+json');
    expect(headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({
      status: 404,
      error: 'NOT_FOUND',
      instance: '/nothing',
    });
  });
});

describe('a handler that fails', () => {
  test('answers 500 without a word of why, and logs the cause', async () => {
    const response = await app.request.get('/api/v1/broken').set('x-request-id', 'broken-handler');
    expect(response.status).toBe(500);
    expect(response.text).not.toContain('canary');
    expect(response.body).toMatchObject({ error: 'INTERNAL_ERROR', requestId: 'broken-handler' });
    const line = app.logLines.find(
      ({ requestId, msg }) => requestId === 'broken-handler' && msg === 'request failed',
    );
    expect(line?.err).toMatchObject({ message: expect.stringContaining('canary') as unknown });
    expect(JSON.stringify(line)).not.toContain('eyJhbGciOi');
  });

  test('with something that Express takes for a command answers 500 all the same', async () => {
    const response = await app.request
      .get('/api/v1/throws-a-command')
      .set('x-request-id', 'throws-a-command');
    expect(outcome(response)).toEqual([500, 'INTERNAL_ERROR']);
    expect(app.logLines).toContainEqual(
      expect.objectContaining({ requestId: 'throws-a-command', msg: 'request failed' }),
    );
  });
});

describe('the limit of a tier', () => {
  test('is told in headers, and beyond it the answer is 429 with Retry-After', async () => {
    const guest = await app.signUp();
    const call = () => app.request.get('/api/v1/sensitive').set(bearer(guest.accessToken));
    const first = await call();
    const limit = Number(first.headers['ratelimit-limit']);
    expect(Number(first.headers['ratelimit-remaining'])).toBe(limit - 1);
    for (let count = 1; count < limit; count += 1) await call();
    const refused = await call();
    expect(outcome(refused)).toEqual([429, 'RATE_LIMITED']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await app.request.get('/api/v1/sensitive').set(bearer())).status).toBe(200);
  });

  test('holds for refused tokens too, by address, and leaves good ones alone', async () => {
    const strict = await startTestApp({
      modules: [echo],
      environment: { RATE_LIMIT_PUBLIC: '3' },
    });
    try {
      const { accessToken } = await strict.signUp();
      const me = (token: string) => strict.request.get('/api/v1/me').set(bearer(token));
      const outcomes: unknown[] = [];
      for (let count = 0; count < 5; count += 1) outcomes.push((await me('nonsense')).status);
      expect(outcomes).toEqual([401, 401, 401, 429, 429]);
      expect((await me(accessToken)).status).toBe(200);
    } finally {
      await strict.stop();
    }
  });
});

/** Without a client library that would mend the path on its way. */
function rawGet(path: string): Promise<{ status: number | undefined; error: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(app.url, { path }, (response) => {
      text(response).then((body) => {
        const { error } = JSON.parse(body) as { error: string };
        resolve({ status: response.statusCode, error });
      }, reject);
    });
    request.on('error', reject);
    request.end();
  });
}
