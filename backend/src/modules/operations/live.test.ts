import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import { createClient } from '@supabase/supabase-js';
import { startTestApp, type TestApp, type TestUser } from '../../../test/support/app.ts';
import { operations } from './index.ts';
import { consoleOf } from './prove/fixtures/console.ts';
import { createOperable } from './prove/fixtures/operable.ts';

const { module: operable } = createOperable();
let app: TestApp;
let other: TestApp;
let admin: TestUser;

beforeAll(async () => {
  // What is told once a second is caused as often as the machine can.
  const environment = { RATE_LIMIT_SIGNED_IN: '1000000' };
  app = await startTestApp({ modules: [operations, operable], environment });
  // Another process of the same server.
  other = await startTestApp({ modules: [operations, operable], environment, stack: app.stack });
  admin = await app.signUp({ role: 'admin' });
});
afterAll(async () => {
  await other.stop();
  await app.stop();
});

interface Ack {
  ok: boolean;
  error?: { error: string };
}

const watch = (socket: Socket) =>
  socket.timeout(5_000).emitWithAck('operations:watch', {}) as Promise<Ack>;

/** Resolves when all of the topics were told of. */
function told(socket: Socket, ...wanted: string[]): Promise<void> {
  const missing = new Set(wanted);
  return new Promise((resolve) => {
    socket.on('operations:changed', ({ topics }: { topics: string[] }) => {
      for (const topic of topics) missing.delete(topic);
      if (missing.size === 0) resolve();
    });
  });
}

test('whoever is no admin cannot watch', async () => {
  const socket = await app.connect((await app.signUp()).accessToken);
  expect(await watch(socket)).toMatchObject({ ok: false, error: { error: 'FORBIDDEN' } });
});

test('an admin who watches is told of changes in every process', async () => {
  const socket = await app.connect(admin.accessToken);
  const queues = told(socket, 'queues', 'audit');
  expect(await watch(socket)).toMatchObject({ ok: true });
  await consoleOf(other, admin)('post', '/queues/operable.work/pause');
  await queues;

  const sessions = told(socket, 'sessions');
  await other.connect((await app.signUp()).accessToken);
  await sessions;
  await consoleOf(other, admin)('post', '/queues/operable.work/resume');
});

test('a page of a module changes by the events that the module names, in every process', async () => {
  const socket = await app.connect(admin.accessToken);
  const page = told(socket, 'operable');
  expect(await watch(socket)).toMatchObject({
    data: { topics: expect.arrayContaining(['jobs', 'operable']) as unknown },
  });
  await other.request
    .post('/api/v1/operable/work')
    .set('authorization', `Bearer ${admin.accessToken}`)
    .send({ note: 'seen' })
    .expect(202);
  await page;
});

test('changes are told once a second at most', async () => {
  const socket = await app.connect(admin.accessToken);
  await watch(socket);
  const at: number[] = [];
  socket.on('operations:changed', () => at.push(performance.now()));
  const ask = consoleOf(app, admin);
  const endsAt = performance.now() + 3_000;
  while (performance.now() < endsAt) await ask('post', '/queues/operable.work/resume');
  expect(at.length).toBeGreaterThanOrEqual(2);
  const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  expect(Math.min(...pauses)).toBeGreaterThan(900);
});

test('who is no admin any more is told nothing after the next token', async () => {
  const former = await app.signUp({ role: 'admin' });
  const socket = await app.connect(former.accessToken);
  await watch(socket);
  const client = createClient(app.issuer.url, app.issuer.anonKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const service = createClient(app.issuer.url, app.issuer.serviceRoleKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  await service.auth.admin.updateUserById(former.userId, { app_metadata: { role: 'user' } });
  const { data } = await client.auth.refreshSession({ refresh_token: former.refreshToken });
  const token = data.session?.access_token;
  await socket.timeout(5_000).emitWithAck('auth:refresh', { token });

  let heard = 0;
  socket.on('operations:changed', () => (heard += 1));
  const witness = await app.connect(admin.accessToken);
  const changed = told(witness, 'queues');
  await watch(witness);
  await consoleOf(app, admin)('post', '/queues/operable.work/resume');
  await changed;
  // What was said to the room has reached this socket before the answer to it.
  await socket.timeout(5_000).emitWithAck('operations:unwatch', {});
  expect(heard).toBe(0);
});
