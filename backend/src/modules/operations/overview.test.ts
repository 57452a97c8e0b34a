import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApp, type TestApp, type TestUser } from '../../../test/support/app.ts';
import { operations } from './index.ts';
import type { Overview, Sessions } from './overview-schema.ts';

let app: TestApp;
let admin: TestUser;

beforeAll(async () => {
  app = await startTestApp({ modules: [operations] });
  admin = await app.signUp({ role: 'admin' });
});
afterAll(async () => {
  await app.stop();
});

const asAdmin = async (method: 'get' | 'delete', path: string) =>
  app.request[method](`/api/v1/admin${path}`).set('authorization', `Bearer ${admin.accessToken}`);

test('the overview tells of the health, of this process and of what it has served', async () => {
  const response = await asAdmin('get', '/overview?minutes=5');
  expect(response.status).toBe(200);
  const overview = response.body as Overview;
  expect(overview.health).toEqual({ status: 'ok', checks: { database: 'ok' } });
  expect(overview.processes).toEqual([
    expect.objectContaining({ role: 'api', pid: process.pid, version: 'test', alive: true }),
  ]);
});

test('an operator sees who is connected, and ends a socket whose client is told', async () => {
  const user = await app.signUp();
  const socket = await app.connect(user.accessToken);
  const socketId = socket.id ?? '';
  const find = async () => {
    const { sockets, complete } = (await asAdmin('get', '/sessions')).body as Sessions;
    expect(complete).toBe(true);
    return sockets.find(({ id }) => id === socketId);
  };
  expect(await find()).toMatchObject({
    user: { id: user.userId, email: user.email },
    role: 'user',
    rooms: [],
    transport: 'websocket',
  });

  const heard = (event: string) =>
    new Promise<unknown>((resolve) => {
      socket.once(event, resolve);
    });
  const [told, gone] = [heard('socket:ended'), heard('disconnect')];
  expect((await asAdmin('delete', `/sessions/${socketId}`)).status).toBe(204);
  expect(await told).toMatchObject({ error: 'FORBIDDEN' });
  await gone;
  expect(await find()).toBeUndefined();
  expect((await asAdmin('delete', `/sessions/${socketId}`)).status).toBe(404);
});
