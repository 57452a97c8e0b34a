import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApp, type TestApp, type TestUser } from '../../../test/support/app.ts';
import { isInstalled } from '../../../test/support/programs.ts';
import { startRedisServer, type RedisServer } from '../../../test/support/redis-server.ts';
import { launchServer, startServerProcess } from '../../../test/support/server-process.ts';
import { startTestStack, type TestStack } from '../../../test/support/stack.ts';
import { operations } from './index.ts';
import type { Sessions } from './overview-schema.ts';
import { consoleOf, until } from './prove/fixtures/console.ts';

let stack: TestStack;
let admin: TestUser;
let user: TestUser;

beforeAll(async () => {
  stack = await startTestStack();
  [admin, user] = await Promise.all([stack.signUp({ role: 'admin' }), stack.signUp()]);
});
afterAll(async () => {
  await stack.stop();
});

const carriers = ['Postgres', ...(isInstalled('redis-server') ? ['Redis'] : [])];

describe.each(carriers)('with two processes that %s connects', (carrier) => {
  let redis: RedisServer | undefined;
  let one: TestApp;
  let other: TestApp;

  beforeAll(async () => {
    redis = carrier === 'Redis' ? await startRedisServer() : undefined;
    const environment = redis ? { REDIS_URL: redis.url } : {};
    one = await startTestApp({ modules: [operations], stack, environment });
    other = await startTestApp({ modules: [operations], stack, environment });
  });
  afterAll(async () => {
    await other.stop();
    await one.stop();
    await redis?.stop();
  });

  test('an operator sees and ends the sockets of both, and their clients are told', async () => {
    const sockets = [await one.connect(user.accessToken), await other.connect(user.accessToken)];
    const ids = sockets.map(({ id }) => id);
    const ask = consoleOf(one, admin);
    const shown = await until(async () => {
      const { body } = await ask<Sessions>('get', '/sessions');
      return ids.every((id) => body.sockets.some((socket) => socket.id === id)) ? body : undefined;
    }, 'both sockets');
    expect(shown.complete).toBe(true);
    const mine = shown.sockets.filter(({ id }) => ids.includes(id));
    expect(new Set(mine.map(({ processId }) => processId)).size).toBe(2);
    for (const socket of mine)
      expect(socket).toMatchObject({
        user: { id: user.userId, email: user.email },
        role: 'user',
        rooms: [],
        transport: 'websocket',
      });

    for (const socket of sockets) {
      const id = socket.id ?? '';
      const heard = (event: string) =>
        new Promise<unknown>((resolve) => {
          socket.once(event, resolve);
        });
      const [told, gone] = [heard('socket:ended'), heard('disconnect')];
      expect((await ask('delete', `/sessions/${id}`)).status).toBe(204);
      expect(await told).toMatchObject({ error: 'FORBIDDEN' });
      await gone;
      expect((await ask('delete', `/sessions/${id}`)).status).toBe(404);
    }
  });
});

test('a worker is among the processes, though it has no sockets, and its end is seen', async () => {
  const environment = { OPERATIONS_SAMPLE_SECONDS: '1' };
  const app = await startTestApp({ modules: [operations], stack, environment });
  const worker = launchServer('backend/src/worker.ts', { ...stack.environment, ...environment });
  const ask = consoleOf(app, admin);
  const workerIs = (alive: boolean) =>
    until(
      async () => {
        const { body } = await ask<Sessions>('get', '/sessions');
        return body.processes.find(
          (one) => one.role === 'worker' && one.pid === worker.child.pid && one.alive === alive,
        );
      },
      `a worker that is ${alive ? '' : 'not '}alive`,
    );
  try {
    await worker.logged('Worker ready');
    expect(await workerIs(true)).toMatchObject({ sockets: 0 });
    worker.child.kill('SIGKILL');
    await worker.ended;
    await workerIs(false);
  } finally {
    worker.child.kill('SIGKILL');
    await app.stop();
  }
});

test('where a process does not answer, the others are shown in little more than a second', async () => {
  const app = await startTestApp({ modules: [operations], stack });
  const frozen = await startServerProcess('backend/src/index.ts', stack.environment);
  try {
    const socket = await app.connect(user.accessToken);
    const ask = consoleOf(app, admin);
    const sessions = async () => (await ask<Sessions>('get', '/sessions')).body;
    await until(
      async () =>
        ((await sessions()).processes.length > 1 && (await sessions()).complete) || undefined,
      'an answer of the other process',
    );

    frozen.child.kill('SIGSTOP');
    const startedAt = performance.now();
    const { complete, sockets } = await sessions();
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(complete).toBe(false);
    expect(sockets.map(({ id }) => id)).toEqual([socket.id]);
  } finally {
    frozen.child.kill('SIGCONT');
    frozen.child.kill('SIGTERM');
    await frozen.ended;
    await app.stop();
  }
});
