import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';

interface Refusal {
  code: string;
  error: string;
  statusCode: number;
}

let app: TestApp;
let user: TestUser;

beforeAll(async () => {
  app = await startTestApp({
    modules: [echo],
    environment: {
      ALLOWED_ORIGINS: 'https://app.acme.test',
      SESSION_CHECK_INTERVAL_MS: '1000',
      SOCKET_MAX_PAYLOAD: '10kb',
    },
  });
  user = await app.signUp();
});
afterAll(async () => {
  await app.stop();
});

const ask = (socket: Socket, event: string, ...values: unknown[]): Promise<unknown> =>
  socket.timeout(5_000).emitWithAck(event, ...values) as Promise<unknown>;
const next = <T>(socket: Socket, event: string): Promise<T> =>
  new Promise((resolve) => socket.once(event, resolve));
const refusalOf = async (token?: string): Promise<Refusal> => {
  const error = (await app.connect(token).then(
    () => new Error('connected'),
    (thrown: unknown) => thrown,
  )) as Error & { data: Refusal };
  return error.data;
};

describe('connecting', () => {
  test('greets a signed-in user with who they are and until when', async () => {
    const socket = io(app.url, {
      transports: ['websocket'],
      forceNew: true,
      auth: { token: user.accessToken },
    });
    const greeting = await next<{ userId: string; expiresAt: string }>(socket, 'connected');
    expect(greeting.userId).toBe(user.userId);
    expect(Date.parse(greeting.expiresAt)).toBeGreaterThan(Date.now());
    socket.disconnect();
  });

  test('takes the token from the Authorization header as well', async () => {
    const socket = io(app.url, {
      transports: ['websocket'],
      forceNew: true,
      extraHeaders: { authorization: `Bearer ${user.accessToken}` },
    });
    expect(await next<{ userId: string }>(socket, 'connected')).toMatchObject({
      userId: user.userId,
    });
    socket.disconnect();
  });

  test('refuses with the same codes as HTTP', async () => {
    expect(await refusalOf()).toMatchObject({ code: 'UNAUTHENTICATED', statusCode: 401 });
    expect(await refusalOf('nonsense')).toMatchObject({ code: 'TOKEN_INVALID', statusCode: 401 });
    expect(await refusalOf(app.issuer.anonKey)).toMatchObject({ code: 'TOKEN_INVALID' });
  });

  test.each(['https://evil.test', 'null'])(
    'refuses the origin %s before the handshake',
    async (origin) => {
      const socket = io(app.url, {
        transports: ['websocket'],
        forceNew: true,
        reconnection: false,
        auth: { token: user.accessToken },
        extraHeaders: { origin },
      });
      await next(socket, 'connect_error');
      expect(socket.connected).toBe(false);
      socket.disconnect();
    },
  );

  test('HTTP long-polling is off', async () => {
    const response = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(400);
  });
});

describe('an event', () => {
  test('is checked, answered and logged with an id', async () => {
    const socket = await app.connect(user.accessToken);
    expect(await ask(socket, 'echo:say', { word: ' hi ' })).toEqual({
      ok: true,
      data: { word: 'hi', from: user.userId },
    });
    const line = app.logLines.findLast(({ event }) => event === 'echo:say');
    expect(line).toMatchObject({
      msg: 'socket event',
      userId: user.userId,
      requestId: expect.any(String) as unknown,
    });
  });

  test.each([
    ['echo:say', [{ word: '' }], 'VALIDATION_FAILED'],
    ['echo:say', [{ word: 'x', more: 1 }], 'VALIDATION_FAILED'],
    ['echo:say', [], 'VALIDATION_FAILED'],
    ['echo:say', ['just text'], 'VALIDATION_FAILED'],
    ['echo:admin', [{}], 'FORBIDDEN'],
    ['echo:reject', [{}], 'INTERNAL_ERROR'],
    ['echo:throw', [{}], 'INTERNAL_ERROR'],
    ['no-such-event', [{}], 'NOT_FOUND'],
  ])('%s %j is acknowledged with %s', async (event, values, code) => {
    const socket = await app.connect(user.accessToken);
    const answer = await ask(socket, event, ...values);
    expect(answer).toMatchObject({ ok: false, error: { error: code } });
    expect(JSON.stringify(answer)).not.toContain('canary');
    expect(socket.connected).toBe(true);
  });

  test('without an acknowledgement does its work all the same, whatever it carries', async () => {
    const socket = await app.connect(user.accessToken);
    socket.emit('echo:throw');
    socket.emit('echo:say', null, 1, 'two');
    expect(await ask(socket, 'echo:say', { word: 'still here' })).toMatchObject({ ok: true });
  });

  test('is limited by its tier', async () => {
    const { accessToken } = await app.signUp();
    const socket = await app.connect(accessToken);
    const answers = await Promise.all(
      Array.from({ length: 25 }, () => ask(socket, 'echo:sensitive', {})),
    );
    expect(answers.filter((answer) => (answer as { ok: boolean }).ok)).toHaveLength(20);
    expect(answers.at(-1)).toMatchObject({
      error: { error: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) as unknown },
    });
  });

  test('larger than the limit closes its own socket only', async () => {
    const [big, other] = await Promise.all([
      app.connect(user.accessToken),
      app.connect(user.accessToken),
    ]);
    const gone = next<string>(big, 'disconnect');
    big.emit('echo:say', { word: 'x'.repeat(20_000) });
    expect(await gone).toBe('transport close');
    big.disconnect();
    expect(await ask(other, 'echo:say', { word: 'fine' })).toMatchObject({ ok: true });
  });
});

describe('the identity of an open socket', () => {
  let brief: TestApp;
  beforeAll(async () => {
    brief = await startTestApp({
      modules: [echo],
      accessTokenTtlSeconds: 4,
      environment: { SOCKET_EXPIRY_WARNING_MS: '2000', SESSION_CHECK_INTERVAL_MS: '1000' },
    });
  });
  afterAll(async () => {
    await brief.stop();
  });

  test('is warned before the token expires, and ended within 2 s after', async () => {
    const { accessToken } = await brief.signUp();
    const socket = await brief.connect(accessToken);
    const ended = next<Refusal>(socket, 'auth:ended');
    const gone = next<string>(socket, 'disconnect');
    const { expiresAt } = await next<{ expiresAt: string }>(socket, 'auth:expiring');
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    expect(await ended).toMatchObject({ error: 'TOKEN_EXPIRED' });
    expect(await gone).toBe('io server disconnect');
    expect(Date.now() - Date.parse(expiresAt)).toBeLessThan(2_000);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
  });

  test('goes on with a fresh token of the same user', async () => {
    const someone = await brief.signUp();
    const socket = await brief.connect(someone.accessToken);
    const { expiresAt: first } = await next<{ expiresAt: string }>(socket, 'auth:expiring');
    const fresh = await refresh(brief, someone.refreshToken);
    const answer = (await ask(socket, 'auth:refresh', { token: fresh })) as {
      ok: boolean;
      data: { expiresAt: string };
    };
    expect(answer.ok).toBe(true);
    expect(Date.parse(answer.data.expiresAt)).toBeGreaterThan(Date.parse(first));
    // The next warning is of the new token: the old one's end has passed without harm.
    await next(socket, 'auth:expiring');
    expect(await ask(socket, 'echo:say', { word: 'on' })).toMatchObject({ ok: true });
    socket.disconnect();
  });

  test("ends with somebody else's token, and stays with one that is not valid", async () => {
    const socket = await app.connect(user.accessToken);
    expect(await ask(socket, 'auth:refresh', { token: 'nonsense' })).toMatchObject({
      ok: false,
      error: { error: 'TOKEN_INVALID' },
    });
    expect(await ask(socket, 'auth:refresh', {})).toMatchObject({
      error: { error: 'VALIDATION_FAILED' },
    });
    const { accessToken } = await app.signUp();
    const gone = next<string>(socket, 'disconnect');
    expect(await ask(socket, 'auth:refresh', { token: accessToken })).toMatchObject({
      ok: false,
      error: { error: 'TOKEN_INVALID' },
    });
    expect(await gone).toBe('io server disconnect');
  });

  test('ends soon after the session was signed out, the user banned or deleted', async () => {
    const [leaver, banned, deleted] = await Promise.all([app.signUp(), app.signUp(), app.signUp()]);
    const sockets = await Promise.all(
      [leaver, banned, deleted].map(({ accessToken }) => app.connect(accessToken)),
    );
    const ends = Promise.all(sockets.map((socket) => next<Refusal>(socket, 'auth:ended')));
    await admin(`logout?scope=global`, 'POST', leaver.accessToken);
    await admin(`admin/users/${banned.userId}`, 'PUT', app.issuer.serviceRoleKey, {
      ban_duration: '1h',
    });
    await admin(`admin/users/${deleted.userId}`, 'DELETE', app.issuer.serviceRoleKey);
    expect((await ends).map(({ error }) => error)).toEqual([
      'SESSION_REVOKED',
      'USER_BANNED',
      'SESSION_REVOKED',
    ]);
    const answers = await Promise.all(
      [leaver, banned, deleted].map(({ accessToken }) =>
        app.request.get('/api/v1/me').set('authorization', `Bearer ${accessToken}`),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 403, 401]);
  });
});

async function refresh(at: TestApp, refreshToken: string): Promise<string> {
  const response = await fetch(`${at.issuer.url}/auth/v1/token?grant_type=refresh_token`, {
    method: 'POST',
    headers: { apikey: at.issuer.anonKey, 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: refreshToken }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function admin(path: string, method: string, token: string, body?: unknown): Promise<void> {
  const response = await fetch(`${app.issuer.url}/auth/v1/${path}`, {
    method,
    headers: {
      apikey: app.issuer.anonKey,
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.ok).toBe(true);
}
