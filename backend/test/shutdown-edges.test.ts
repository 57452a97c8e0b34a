import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket as TcpSocket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { messageFrom, startServerProcess, type ServerProcess } from './support/server-process.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

const script = 'backend/test/fixtures/misbehaving-server.ts';
const stopping = 'SIGTERM received, starting graceful shutdown...';
let stack: TestStack;
let running: ServerProcess;

beforeAll(async () => {
  stack = await startTestStack();
});
afterEach(async () => {
  running.child.kill('SIGKILL');
  await running.ended;
});
afterAll(async () => {
  await stack.stop();
});

async function start(env: Record<string, string> = {}): Promise<void> {
  running = await startServerProcess(script, {
    ...stack.environment,
    SHUTDOWN_DRAIN_MS: '0',
    ...env,
  });
}

const post = (path: string) => fetch(`${running.url}/api/v1${path}`, { method: 'POST' });

async function rawConnection(bytes: string): Promise<TcpSocket> {
  const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  if (bytes !== '') socket.write(bytes);
  return socket;
}

async function signedInSocket(): Promise<Socket> {
  const { accessToken } = await stack.signUp();
  const socket = io(running.url, {
    transports: ['websocket'],
    auth: { token: accessToken },
    reconnection: false,
  });
  await new Promise((resolve) => socket.once('connected', resolve));
  return socket;
}

describe('a stopping server', () => {
  test('tells the clients of requests under way that their connections end', async () => {
    await start({ SHUTDOWN_DRAIN_MS: '300' });
    const arrived = messageFrom(running.child, 'request under way');
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      const agent = new Agent({ keepAlive: true });
      httpRequest(`${running.url}/api/v1/slow/500`, { method: 'POST', agent }, resolve)
        .on('error', reject)
        .end();
    });
    await arrived;
    running.child.kill('SIGTERM');
    const { statusCode, headers } = await answer;
    expect([statusCode, headers.connection]).toEqual([200, 'close']);
    expect(await running.ended).toBe(0);
  });

  test('answers every one of the requests that were sent behind each other', async () => {
    await start();
    const arrived = messageFrom(running.child, 'request under way');
    const head = 'POST /api/v1/slow/300 HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n';
    const socket = await rawConnection(head.repeat(3));
    let answers = '';
    socket.on('data', (chunk: Buffer) => (answers += chunk.toString()));
    const closed = once(socket, 'close');
    await arrived;
    running.child.kill('SIGTERM');
    await closed;
    expect(answers.match(/HTTP\/1\.1 200 /g)).toHaveLength(3);
    expect(await running.ended).toBe(0);
  });

  test('waits for no client that says nothing or half of it', async () => {
    await start();
    await Promise.all(['', 'GET /livez HTTP/1.1\r\nHo'].map(rawConnection));
    // Answered after those have been accepted.
    expect((await fetch(`${running.url}/livez`)).status).toBe(200);
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
    expect(running.lines().at(-1)).toMatchObject({ msg: 'Graceful shutdown complete' });
  });

  test('waits for no WebSocket that does not answer the close', async () => {
    await start();
    const dead = await rawConnection(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const [upgrade] = (await once(dead, 'data')) as [Buffer];
    expect(upgrade.toString()).toMatch(/^HTTP\/1\.1 101 /);
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
  });

  test('acknowledges the socket events under way, and refuses new ones', async () => {
    await start();
    const socket = await signedInSocket();
    const arrived = messageFrom(running.child, 'event under way');
    const answer: Promise<unknown> = socket.emitWithAck('slow:answer', { milliseconds: 600 });
    await arrived;
    running.child.kill('SIGTERM');
    await running.logged(stopping);
    expect(await socket.emitWithAck('slow:answer', { milliseconds: 1 })).toMatchObject({
      ok: false,
      error: { error: 'SERVICE_UNAVAILABLE', retryAfterSeconds: expect.any(Number) as unknown },
    });
    expect(await answer).toEqual({ ok: true, data: { waited: 600 } });
    expect(await running.ended).toBe(0);
    socket.disconnect();
  });

  test('that crashes on its way out says so with 1', async () => {
    await start({ SHUTDOWN_DRAIN_MS: '500' });
    running.child.kill('SIGTERM');
    await running.logged(stopping);
    await post('/throw-later');
    expect(await running.ended).toBe(1);
    expect(running.lines().filter(({ level }) => level === 'fatal')).toHaveLength(1);
  });

  test('that crashed takes the first signal for what it does already', async () => {
    await start();
    const arrived = messageFrom(running.child, 'request under way');
    const answer = post('/slow/700');
    await arrived;
    await post('/throw-later');
    await running.logged('uncaughtException');
    running.child.kill('SIGTERM');
    expect((await answer).status).toBe(200);
    expect(await running.ended).toBe(1);
  });
});
