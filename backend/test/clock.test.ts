import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp } from './support/app.ts';

const dayMs = 24 * 3600 * 1000;
const now = Date.now;
let app: TestApp;

beforeAll(async () => {
  // Further away than a Node timer can wait.
  app = await startTestApp({ modules: [echo], accessTokenTtlSeconds: 40 * 24 * 3600 });
});
afterEach(() => {
  Date.now = now;
});
afterAll(async () => {
  await app.stop();
});

const jump = (milliseconds: number): void => {
  Date.now = () => now() + milliseconds;
};
const next = <T>(socket: Socket, event: string): Promise<T> =>
  new Promise((resolve) => socket.once(event, resolve));

test('a socket is ended when the clock jumps past the end of its token', async () => {
  const { accessToken, userId } = await app.signUp();
  const socket = await app.connect(accessToken);
  const ended = next<{ error: string }>(socket, 'auth:ended');
  const gone = next<string>(socket, 'disconnect');
  jump(41 * dayMs);
  expect(await ended).toMatchObject({ error: 'TOKEN_EXPIRED' });
  expect(await gone).toBe('io server disconnect');
  expect(app.logLines).toContainEqual(
    expect.objectContaining({ msg: 'socket disconnected', userId, code: 'TOKEN_EXPIRED' }),
  );
});

test('an event is refused from the very second on', async () => {
  const { accessToken } = await app.signUp();
  const socket = await app.connect(accessToken);
  jump(41 * dayMs);
  expect(await socket.emitWithAck('echo:say', { word: 'late' })).toMatchObject({
    ok: false,
    error: { error: 'TOKEN_EXPIRED' },
  });
});

test('a socket is warned and goes on when the clock jumps close to the end', async () => {
  const { accessToken } = await app.signUp();
  const socket = await app.connect(accessToken);
  const warned = next(socket, 'auth:expiring');
  jump(40 * dayMs - 30_000);
  await warned;
  expect(await socket.emitWithAck('echo:say', { word: 'on' })).toMatchObject({ ok: true });
});
