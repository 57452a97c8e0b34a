import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AppError } from '../src/kernel/errors/index.ts';
import type {
  Entitlements,
  EntitlementSource,
  EntitlementsNow,
} from '../src/kernel/entitlements/index.ts';
import { vaultModule } from './fixtures/vault-module.ts';
import { startTestApp, type TestApp } from './support/app.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

/** What each user has, and how often it was asked for. */
const sold = new Map<string, EntitlementsNow | Error>();
let looked = 0;
const source: EntitlementSource = (userId) => {
  looked += 1;
  const now = sold.get(userId) ?? { entitlements: [], changesAt: null };
  return now instanceof Error ? Promise.reject(now) : Promise.resolve(now);
};
const pro = (changesAt: Date | null = null): EntitlementsNow => ({
  entitlements: [{ name: 'pro', until: changesAt }],
  changesAt,
});

let stack: TestStack;
/** Two servers with what is sold, and one without. */
let app: TestApp;
let neighbour: TestApp;
let bare: TestApp;
const ports: Entitlements[] = [];

beforeAll(async () => {
  stack = await startTestStack();
  // So long that nothing in this file changes by age.
  const environment = { ENTITLEMENTS_FRESH_MS: '60000' };
  const start = (own?: EntitlementSource) =>
    startTestApp({
      stack,
      environment,
      modules: [vaultModule((port) => ports.push(port), own)],
    });
  [app, neighbour, bare] = [await start(source), await start(source), await start()];
});
afterAll(async () => {
  await Promise.all([app, neighbour, bare].map((one) => one.stop()));
  await stack.stop();
});

const open = async (server: TestApp, token: string) => {
  const answer = await server.request.get('/api/v1/vault').set('authorization', `Bearer ${token}`);
  return [answer.status, (answer.body as { error?: string }).error];
};
const refused = [403, 'ENTITLEMENT_REQUIRED'];

test('whoever has bought it comes in, over HTTP and sockets', async () => {
  const { userId, accessToken } = await app.signUp();
  sold.set(userId, pro());
  expect(await open(app, accessToken)).toEqual([204, undefined]);
  const socket = await app.connect(accessToken);
  expect(await socket.emitWithAck('vault:open', {})).toEqual({ ok: true, data: 'open' });
});

test('whoever has not is told so by one code on both, with what is missing', async () => {
  const { accessToken } = await app.signUp();
  const answer = await app.request
    .get('/api/v1/vault')
    .set('authorization', `Bearer ${accessToken}`);
  expect([answer.status, answer.body]).toMatchObject([
    403,
    { error: 'ENTITLEMENT_REQUIRED', details: [{ field: 'entitlement', reason: 'pro' }] },
  ]);
  const socket = await app.connect(accessToken);
  expect(await socket.emitWithAck('vault:open', {})).toMatchObject({
    ok: false,
    error: { error: 'ENTITLEMENT_REQUIRED' },
  });
});

test('nobody has anything where nobody sells, admins included', async () => {
  const { userId, accessToken } = await bare.signUp({ role: 'admin' });
  sold.set(userId, pro());
  expect(await open(bare, accessToken)).toEqual(refused);
});

test('who asks comes before what they bought: a stranger is asked to sign in', async () => {
  const answer = await app.request.get('/api/v1/vault');
  expect([answer.status, (answer.body as { error: string }).error]).toEqual([
    401,
    'UNAUTHENTICATED',
  ]);
});

test('the document says what a route needs', async () => {
  const { paths } = (await app.request.get('/api/v1/openapi.json')).body as {
    paths: Record<string, { get: Record<string, unknown> }>;
  };
  const operation = paths['/api/v1/vault']?.get;
  expect(operation?.['x-entitlement']).toBe('pro');
  expect(operation?.['responses']).toMatchObject({
    403: { description: expect.stringContaining('ENTITLEMENT_REQUIRED') as unknown },
  });
});

test('it is asked for once and remembered, in each process', async () => {
  const { userId, accessToken } = await app.signUp();
  sold.set(userId, pro());
  const before = looked;
  await Promise.all(Array.from({ length: 20 }, () => open(app, accessToken)));
  await open(app, accessToken);
  expect(looked - before).toBe(1);
});

test('what has changed is forgotten by every process', async () => {
  const { userId, accessToken } = await app.signUp();
  expect(await open(app, accessToken)).toEqual(refused);
  expect(await open(neighbour, accessToken)).toEqual(refused);
  sold.set(userId, pro());
  expect(await open(app, accessToken)).toEqual(refused);
  ports[0]?.changed(userId);
  expect(await open(app, accessToken)).toEqual([204, undefined]);
  const giveUpAt = performance.now() + 5_000;
  while ((await open(neighbour, accessToken))[0] !== 204) {
    if (performance.now() > giveUpAt) throw new Error('the neighbour has not heard of it');
    await wait(20);
  }
});

test('a look-up that began before a change is not remembered after it', async () => {
  const { userId } = await app.signUp();
  const [port] = ports;
  const slow = port?.has(userId, 'pro');
  sold.set(userId, pro());
  port?.changed(userId);
  expect(await port?.has(userId, 'pro')).toBe(true);
  expect(await slow).toBe(false);
  expect(await port?.has(userId, 'pro')).toBe(true);
});

test('what ends by time alone ends at its moment, however fresh the memory is', async () => {
  const { userId } = await app.signUp();
  const [port] = ports;
  const end = new Date(Date.now() + 300);
  sold.set(userId, pro(end));
  expect(await port?.has(userId, 'pro')).toBe(true);
  sold.set(userId, { entitlements: [], changesAt: null });
  await wait(end.getTime() - Date.now() - 50);
  expect(await port?.has(userId, 'pro')).toBe(true);
  await wait(end.getTime() - Date.now() + 1);
  expect(await port?.has(userId, 'pro')).toBe(false);
});

test('where it cannot be looked up nobody comes in, nobody is told that they did not pay, and nothing is remembered', async () => {
  const { userId, accessToken } = await app.signUp();
  sold.set(userId, new AppError('DATABASE_UNAVAILABLE'));
  expect(await open(app, accessToken)).toEqual([503, 'DATABASE_UNAVAILABLE']);
  sold.set(userId, pro());
  expect(await open(app, accessToken)).toEqual([204, undefined]);
});

test('there is one who sells', () => {
  expect(() => ports[0]?.provide(source)).toThrow('Entitlements have a source already');
});
