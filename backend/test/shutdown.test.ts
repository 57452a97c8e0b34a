import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { startTestStack, type TestStack } from './support/stack.ts';
import { messageFrom, startServerProcess, type ServerProcess } from './support/server-process.ts';

const script = 'backend/test/fixtures/misbehaving-server.ts';
let stack: TestStack;
let server: ServerProcess | undefined;

beforeAll(async () => {
  stack = await startTestStack();
});
afterEach(async () => {
  server?.child.kill('SIGKILL');
  await server?.ended;
  server = undefined;
});
afterAll(async () => {
  await stack.stop();
});

async function start(env: Record<string, string> = {}): Promise<ServerProcess> {
  server = await startServerProcess(script, {
    ...stack.environment,
    SHUTDOWN_DRAIN_MS: '0',
    ...env,
  });
  return server;
}

const messages = (running: ServerProcess) => running.lines().map(({ msg }) => msg);
const post = (running: ServerProcess, path: string) =>
  fetch(`${running.url}/api/v1${path}`, { method: 'POST' });

describe('a stopping server', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'answers the request under way, then ends with 0 on %s',
    async (signal) => {
      const running = await start();
      const arrived = messageFrom(running.child, 'request under way');
      const answer = post(running, '/slow/500');
      await arrived;
      running.child.kill(signal);

      const response = await answer;
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ waited: 500 });
      expect(await running.ended).toBe(0);
      expect(messages(running)).toEqual(
        expect.arrayContaining([
          `${signal} received, starting graceful shutdown...`,
          'Graceful shutdown complete',
        ]),
      );
    },
  );

  test("ends on PM2's shutdown message", async () => {
    const running = await start();
    running.child.send('shutdown');
    expect(await running.ended).toBe(0);
    expect(messages(running)).toContain('Graceful shutdown complete');
  });

  test('ends at once on a second signal, with 130', async () => {
    const running = await start();
    const arrived = messageFrom(running.child, 'request under way');
    const answer = post(running, '/slow/20000').then(
      () => 'answered',
      () => 'cut',
    );
    await arrived;
    running.child.kill('SIGTERM');
    await running.logged('SIGTERM received, starting graceful shutdown...');
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(130);
    expect(await answer).toBe('cut');
  });

  test('ends with 1 when a request outlasts the shutdown timeout', async () => {
    const running = await start({ SHUTDOWN_TIMEOUT_MS: '1500' });
    const arrived = messageFrom(running.child, 'request under way');
    const answer = post(running, '/slow/20000').then(
      () => 'answered',
      () => 'cut',
    );
    await arrived;
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(1);
    expect(await answer).toBe('cut');
    expect(messages(running)).not.toContain('Graceful shutdown complete');
  });

  test.each(['throw-later', 'reject-later'])(
    'logs a crash (%s) and ends in order with 1',
    async (path) => {
      const running = await start();
      const arrived = messageFrom(running.child, 'request under way');
      const answer = post(running, '/slow/300');
      await arrived;
      await post(running, `/${path}`).catch(() => undefined);
      expect((await answer).status).toBe(200);
      expect(await running.ended).toBe(1);
      const crash = running.lines().find(({ level }) => level === 'fatal');
      expect(crash?.msg).toBe(path === 'throw-later' ? 'uncaughtException' : 'unhandledRejection');
      expect(crash?.err).toMatchObject({
        message: expect.stringContaining('outside of any request') as unknown,
      });
    },
  );

  test('while draining still accepts, says Connection: close, and is not ready', async () => {
    const running = await start({ SHUTDOWN_DRAIN_MS: '1500' });
    const agent = new Agent({ keepAlive: true });
    expect((await get(running, '/livez', agent)).connection).toBe('keep-alive');
    running.child.kill('SIGTERM');
    await running.logged('SIGTERM received, starting graceful shutdown...');
    expect(await get(running, '/livez', agent)).toEqual({ status: 200, connection: 'close' });
    expect((await get(running, '/readyz', agent)).status).toBe(503);
    agent.destroy();
    expect(await running.ended).toBe(0);
  });

  test('closes sockets so that clients come back by themselves', async () => {
    const running = await start();
    const port = new URL(running.url).port;
    const { accessToken } = await stack.signUp();
    const socket: Socket = io(running.url, {
      transports: ['websocket'],
      auth: { token: accessToken },
      reconnectionDelay: 20,
      reconnectionDelayMax: 50,
    });
    await once(socket as unknown as NodeJS.EventEmitter, 'connected');
    const disconnected = new Promise<string>((resolve) => socket.once('disconnect', resolve));
    running.child.kill('SIGTERM');
    expect(await disconnected).toBe('transport close');
    expect(await running.ended).toBe(0);

    const back = new Promise((resolve) => socket.once('connected', resolve));
    await start({ PORT: port });
    await back;
    socket.disconnect();
  });
});

function get(
  running: ServerProcess,
  path: string,
  agent: Agent,
): Promise<{ status: number | undefined; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${running.url}${path}`, { agent }, (response) => {
      response.resume();
      response.on('end', () => {
        resolve({ status: response.statusCode, connection: response.headers.connection });
      });
    });
    request.on('error', reject);
    request.end();
  });
}
