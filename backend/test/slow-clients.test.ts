import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { route } from '../src/kernel/http/index.ts';
import { defineModule } from '../src/kernel/module/index.ts';
import { Joi } from '../src/kernel/schema/index.ts';
import { startTestApp, type TestApp } from './support/app.ts';

/** More than the operating system takes for a client that does not read. */
const huge = 'x'.repeat(16 * 1024 ** 2);
const mostConnections = 10;

const library = defineModule({
  name: 'library',
  create: () => ({
    routes: [
      route({
        method: 'get',
        path: '/huge',
        summary: 'Answers at length',
        tag: 'library',
        auth: 'public',
        rateLimit: 'public',
        responses: { 200: { description: 'Much', body: Joi.string() } },
        handler: () => Promise.resolve({ body: huge }),
      }),
    ],
  }),
});

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({
    modules: [library],
    environment: { RESPONSE_TIMEOUT_MS: '1000', MAX_CONNECTIONS: String(mostConnections) },
  });
});
afterAll(async () => {
  await app.stop();
});

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Also by a reset. */
const closed = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
const request = (path: string, headers = '') =>
  `GET ${path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n${headers}\r\n`;

test('a client that does not read its answer is cut off, and others are served meanwhile', async () => {
  const reader = (await open()).pause();
  reader.write(request('/api/v1/huge', 'X-Request-Id: slow-reader\r\n'));
  const line = () => app.logLines.find(({ requestId }) => requestId === 'slow-reader');
  while (line() === undefined) {
    expect((await app.request.get('/livez')).status).toBe(200);
    await wait(50);
  }
  expect(line()).toMatchObject({ msg: 'request', aborted: true });
  // What the operating system had taken comes, then the reset.
  reader.resume();
  await closed(reader);
  expect(reader.bytesRead).toBeLessThan(huge.length);
});

test('a client that reads gets all of it', async () => {
  const reader = await open();
  reader.write(request('/api/v1/huge'));
  expect((await text(reader)).length).toBeGreaterThan(huge.length);
});

test('connections beyond the most are dropped, and accepted again when one has ended', async () => {
  const idle = await Promise.all(Array.from({ length: mostConnections }, open));
  const dropped = await open();
  dropped.write(request('/livez'));
  await closed(dropped);
  expect(dropped.bytesRead).toBe(0);
  expect(app.logLines).toContainEqual(
    expect.objectContaining({ msg: 'Too many connections, dropping new ones' }),
  );
  for (const socket of idle) socket.destroy();
  for (;;) {
    const socket = await open();
    socket.write(request('/livez'));
    await Promise.race([new Promise((resolve) => socket.once('data', resolve)), closed(socket)]);
    if (socket.bytesRead > 0) break;
  }
});

test('however many headers there are, the last one counts', async () => {
  const socket = await open();
  const filler = 'a:\r\n'.repeat(2_500);
  socket.write(request('/livez', `${filler}X-Request-Id: last-of-many\r\n`));
  expect(await text(socket)).toContain('X-Request-Id: last-of-many');
});
