import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';

const origin = 'https://app.test';
const thresholdMs = 200;
let app: TestApp;
let user: TestUser;
/** Stands in for the event loop: the turns come as late as a test says, and the watch has an end. */
let turn: (lateMs: number) => void;
let watched = false;

beforeAll(async () => {
  app = await startTestApp({
    modules: [echo],
    environment: {
      OVERLOAD_EVENT_LOOP_DELAY_MS: String(thresholdMs),
      OVERLOAD_MAX_IN_FLIGHT: '1',
      ALLOWED_ORIGINS: origin,
    },
    eventLoop: (onTurn) => {
      turn = onTurn;
      watched = true;
      return () => {
        watched = false;
      };
    },
  });
  user = await app.signUp();
});
afterEach(() => {
  turn(0);
});
afterAll(async () => {
  await app.stop();
  expect(watched).toBe(false);
});

const turns = (...lateMs: number[]): void => {
  lateMs.forEach((each) => {
    turn(each);
  });
};
const publicEcho = () => app.request.get('/api/v1/public-echo');
const linesOf = (msg: string) => app.logLines.filter((line) => line.msg === msg);

describe('an event loop that comes late', () => {
  test('three times in a row sheds requests until it is on time again', async () => {
    turns(300, 300, 300);
    const shed = await publicEcho();
    expect(shed.status).toBe(503);
    expect(shed.body).toMatchObject({ error: 'SERVICE_UNAVAILABLE', path: '/api/v1/public-echo' });
    expect(Number(shed.headers['retry-after'])).toBeGreaterThanOrEqual(2);
    turns(10);
    expect((await publicEcho()).status).toBe(200);
  });

  test('a little less late goes on shedding', async () => {
    turns(300, 300, 300, thresholdMs - 10);
    expect((await publicEcho()).status).toBe(503);
  });

  test.each([
    ['twice', [300, 300]],
    ['once, by a long suspension', [3_600_000]],
    ['every other time', [300, 300, 10, 300, 300, 10]],
    ['by less than the threshold', [190, 190, 190, 190]],
  ])('%s sheds nothing', async (_name, late) => {
    turns(...late);
    expect((await publicEcho()).status).toBe(200);
  });

  test('leaves the health addresses alone', async () => {
    turns(300, 300, 300);
    for (const path of ['/livez', '/readyz', '/health', '/livez?probe=1'])
      expect((await app.request.get(path)).status).toBe(200);
  });

  test('sheds what it does not know as well, before anyone is identified', async () => {
    turns(300, 300, 300);
    const forged = app.request.get('/api/v1/me').set('Authorization', 'Bearer forged');
    expect((await forged).status).toBe(503);
    expect((await app.request.get('/nowhere')).status).toBe(503);
  });

  test('sheds handshakes, and admits them again', async () => {
    turns(300, 300, 300);
    await expect(app.connect(user.accessToken)).rejects.toThrow();
    turns(0);
    await expect(app.connect(user.accessToken)).resolves.toBeDefined();
  });

  test('sheds events of open sockets, which stay open', async () => {
    const socket = await app.connect(user.accessToken);
    turns(300, 300, 300);
    expect(await socket.emitWithAck('echo:say', { word: 'late' })).toMatchObject({
      ok: false,
      error: { error: 'SERVICE_UNAVAILABLE', retryAfterSeconds: expect.any(Number) },
    });
    turns(0);
    expect(await socket.emitWithAck('echo:say', { word: 'on time' })).toMatchObject({ ok: true });
  });
});

describe('a shed request', () => {
  test('has the headers of every other answer, and its own id', async () => {
    const usual = await publicEcho().set('Origin', origin);
    turns(300, 300, 300);
    const shed = await publicEcho().set('Origin', origin).set('X-Request-Id', 'shed-request');
    expect(shed.headers['x-request-id']).toBe('shed-request');
    const ofOneRequest = /^(x-request-id|date|content-length|retry-after|ratelimit|vary)/;
    const shared = Object.entries(usual.headers).filter(
      ([name]) => !ofOneRequest.test(name) && name !== 'access-control-expose-headers',
    );
    expect(shared.length).toBeGreaterThan(10);
    expect(shed.headers).toMatchObject(Object.fromEntries(shared));
    const foreign = await publicEcho().set('Origin', 'https://other.test');
    expect(foreign.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('costs no log line of its own; what is shed at a stretch has one', async () => {
    turns(0);
    const before = linesOf('Overloaded, refusing new work').length;
    turns(300, 300, 300);
    for (const id of ['shed-id-1', 'shed-id-2']) await publicEcho().set('X-Request-Id', id);
    expect(app.logLines.some(({ requestId }) => String(requestId).startsWith('shed-id'))).toBe(
      false,
    );
    expect(linesOf('Overloaded, refusing new work').length - before).toBeLessThanOrEqual(1);
  });
});

describe('the most requests at work', () => {
  test('sheds what comes beside them, and admits again when one has ended', async () => {
    const gone = new AbortController();
    const work = fetch(`${app.url}/api/v1/until-gone`, { signal: gone.signal });
    while ((await publicEcho()).status === 200);
    expect((await app.request.get('/livez')).status).toBe(200);
    gone.abort();
    await expect(work).rejects.toThrow();
    while ((await publicEcho()).status === 503);
  });

  test('does not count a client that is still sending', async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'PATCH /api/v1/echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    // The server says that it has the headers.
    await once(socket, 'data');
    expect((await publicEcho()).status).toBe(200);
    socket.destroy();
  });
});
