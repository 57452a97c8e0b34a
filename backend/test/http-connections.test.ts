import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp } from './support/app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({
    modules: [echo],
    environment: { HEADERS_TIMEOUT_MS: '1000', REQUEST_TIMEOUT_MS: '1500' },
  });
});
afterAll(async () => {
  await app.stop();
});

/** A connection on which these bytes were sent. */
async function open(bytes: string): Promise<Socket> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

/** Everything that is answered until the server closes the connection. */
async function answerTo(bytes: string): Promise<{ status: number; error: unknown; head: string }> {
  const answer = await text(await open(bytes));
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const error = body.startsWith('{') ? (JSON.parse(body) as { error?: string }).error : undefined;
  return { status: Number(head.split(' ')[1]), error, head };
}

const closing = 'Host: test\r\nConnection: close\r\n';
const logged = async (fields: Record<string, unknown>): Promise<Record<string, unknown>> => {
  const matches = (line: Record<string, unknown>) =>
    Object.entries(fields).every(([name, value]) => line[name] === value);
  for (;;) {
    const line = app.logLines.find(matches);
    if (line) return line;
    await wait(10);
  }
};

describe('what never becomes a request', () => {
  test.each([
    ['no HTTP', 'NOT HTTP AT ALL\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['bare line feeds', 'GET /livez HTTP/1.1\nHost: test\n\n', 400, 'MALFORMED_REQUEST'],
    [
      'two lengths',
      `POST /livez HTTP/1.1\r\n${closing}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      400,
      'MALFORMED_REQUEST',
    ],
    [
      'a length and chunks',
      `POST /livez HTTP/1.1\r\n${closing}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'MALFORMED_REQUEST',
    ],
    [
      'huge headers',
      `GET /livez HTTP/1.1\r\n${closing}X-Filler: ${'x'.repeat(20_000)}\r\n\r\n`,
      413,
      'PAYLOAD_TOO_LARGE',
    ],
  ])('(%s) is answered like every error, and logged', async (_name, bytes, status, error) => {
    const answer = await answerTo(bytes);
    expect([answer.status, answer.error]).toEqual([status, error]);
    const requestId = /^X-Request-Id: (.*)$/m.exec(answer.head)?.[1];
    expect(await logged({ msg: 'unreadable request', requestId })).toMatchObject({ status });
  });

  test('because it is too slow ends soon after its time', async () => {
    const startedAt = performance.now();
    const [headers, body] = await Promise.all([
      answerTo('GET /livez HTTP/1.1\r\nHost: test\r\n'),
      answerTo(
        `PATCH /api/v1/echo HTTP/1.1\r\n${closing}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
      ),
    ]);
    expect([headers.status, headers.error]).toEqual([408, 'REQUEST_TIMEOUT']);
    expect([body.status, body.error]).toEqual([408, 'REQUEST_TIMEOUT']);
    expect(performance.now() - startedAt).toBeLessThan(6_000);
  });
});

describe('headers', () => {
  test('that offer HTTP/2 do not cost the client its answer', async () => {
    const offer =
      'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n';
    const { status } = await answerTo(`GET /livez HTTP/1.1\r\nHost: test\r\n${offer}\r\n`);
    expect(status).toBe(200);
  });

  test('that may be given once are not taken from two', async () => {
    const { accessToken } = await app.signUp();
    const twice = `Authorization: Bearer ${accessToken}\r\nAuthorization: Bearer other\r\n`;
    expect(await answerTo(`GET /api/v1/me HTTP/1.1\r\n${closing}${twice}\r\n`)).toMatchObject({
      status: 401,
      error: 'TOKEN_INVALID',
    });
  });
});

describe('a client that goes away', () => {
  test('before its answer aborts the work, and raises no alarm', async () => {
    const requestId = 'gone-before-answer';
    const socket = await open(
      `GET /api/v1/until-gone HTTP/1.1\r\n${closing}X-Request-Id: ${requestId}\r\n\r\n`,
    );
    // Another request on its own connection is answered after this one has arrived.
    await app.request.get('/api/v1/public-echo');
    socket.destroy();
    expect(await logged({ requestId, msg: 'request' })).toMatchObject({
      status: 499,
      aborted: true,
      path: '/api/v1/until-gone',
    });
    expect(await logged({ requestId, msg: 'request abandoned' })).toMatchObject({ level: 'info' });
  });

  test('in the midst of its body leaves one line, and no error', async () => {
    const requestId = 'gone-amid-body';
    const socket = await open(
      `PATCH /api/v1/echo HTTP/1.1\r\n${closing}X-Request-Id: ${requestId}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"w`,
    );
    await app.request.get('/api/v1/public-echo');
    socket.destroy();
    expect(await logged({ requestId, msg: 'request' })).toMatchObject({ status: 499 });
    const lines = app.logLines.filter((line) => line.requestId === requestId);
    expect(lines.filter(({ level }) => level !== 'debug')).toHaveLength(1);
  });
});

test('files of the docs page are logged by their whole path, and no others are served', async () => {
  await app.request.get('/docs/assets/swagger-ui.css').set('x-request-id', 'docs-asset');
  expect(await logged({ requestId: 'docs-asset', msg: 'request' })).toMatchObject({
    path: '/docs/assets/swagger-ui.css',
  });
  for (const path of ['/docs/assets/package.json', '/docs/assets', '/docs/assets/%2e%2e/LICENSE'])
    expect((await app.request.get(path)).status).toBe(404);
});
