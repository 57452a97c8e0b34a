import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failInEveryWay, findPlanted } from './support/fail-in-every-way.ts';
import { startSentrySink, type SentryEvent, type SentrySink } from './support/sentry-sink.ts';
import { startServerProcess, type ServerProcess } from './support/server-process.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import type { TestUser } from './support/users.ts';

let stack: TestStack;
let sink: SentrySink;
let user: TestUser;

beforeAll(async () => {
  stack = await startTestStack();
  sink = await startSentrySink();
  user = await stack.signUp();
});
afterAll(async () => {
  await sink.close();
  await stack.stop();
});

const start = (environment: Record<string, string> = {}): Promise<ServerProcess> =>
  startServerProcess('backend/test/fixtures/failing-server.ts', {
    ...stack.environment,
    SENTRY_DSN: sink.dsn,
    SENTRY_RELEASE: 'a-release',
    RATE_LIMIT_PUBLIC: '100000',
    RATE_LIMIT_SIGNED_IN: '100000',
    ...environment,
  });

async function stop(server: ServerProcess): Promise<number | string> {
  server.child.kill('SIGTERM');
  return server.ended;
}

const post = (server: ServerProcess, path: string, note: string): Promise<Response> =>
  fetch(`${server.url}/api/v1/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      cookie: 'a=1',
      referer: 'https://app.example/',
      'x-note': 'nothing',
    },
    body: JSON.stringify({ note }),
  });

const ofWay = (way: string, events: readonly SentryEvent[]): SentryEvent | undefined =>
  events.find(({ exception }) => JSON.stringify(exception ?? null).includes(way));

describe('a server that fails in every way', () => {
  let server: ServerProcess;
  let outcome: Awaited<ReturnType<typeof failInEveryWay>>;

  beforeAll(async () => {
    server = await start();
    outcome = await failInEveryWay(server.url, user.accessToken);
    await stop(server);
  }, 60_000);

  test('reports each failure once', () => {
    const reported = sink.events.flatMap(({ tags }) => tags?.request_id ?? []);
    const missing = outcome.failures.filter(({ requestId }) => !reported.includes(requestId));
    expect(outcome.failures.length).toBeGreaterThan(60);
    expect(missing).toEqual([]);
    expect(new Set(reported).size).toBe(reported.length);
  });

  test('shows nothing of what clients sent, to Sentry or in its log', () => {
    expect(findPlanted(sink.raw(), outcome.planted)).toEqual([]);
    expect(findPlanted(server.output(), outcome.planted)).toEqual([]);
    for (const { request, breadcrumbs, user: whose } of sink.events) {
      expect(request).toBeUndefined();
      expect(breadcrumbs).toBeUndefined();
      expect(whose?.ip_address).toBeUndefined();
    }
  });

  test('says where, in which release, and who by a hash', () => {
    const overHttp = sink.events.find(({ tags }) => tags?.kind === 'request' && tags.code);
    expect(overHttp).toMatchObject({
      level: 'error',
      environment: 'test',
      release: 'a-release',
      transaction: 'POST /api/v1/fail/:way',
      tags: { code: 'INTERNAL_ERROR', route: 'POST /api/v1/fail/:way' },
    });
    const overSocket = sink.events.find(({ tags }) => tags?.kind === 'socket');
    expect(overSocket).toMatchObject({ transaction: 'fail:now' });
    expect(overSocket?.user?.id).toMatch(/^[0-9a-f]{32}$/);
    expect(sink.raw()).not.toContain(user.userId);
  });

  test('groups errors of the database by its code', () => {
    expect(sink.events.map(({ fingerprint }) => fingerprint?.join(' '))).toEqual(
      expect.arrayContaining(['database 42601', 'database 42P01', 'database 23505 failing_pkey']),
    );
  });

  test('keeps the chain of causes', () => {
    const { exception } = ofWay('could not be saved', sink.events) ?? {};
    expect(exception?.values.length).toBeGreaterThan(1);
  });

  test('reports how long requests took, by route', () => {
    const transactions = sink.events.filter(({ type }) => type === 'transaction');
    expect(transactions.length).toBeGreaterThan(20);
    expect(transactions[0]).toMatchObject({
      transaction: expect.stringMatching(/^(GET|POST) \/api\/v1\//) as unknown,
      contexts: { trace: { op: 'http.server' } },
    });
  });
});

test.each(['throw', 'reject'])('a crash (%s) is reported before the process ends', async (how) => {
  const server = await start();
  await post(server, `fail-later/${how}`, 'because of jane@example.com');
  const code = how === 'throw' ? 'uncaughtException' : 'unhandledRejection';
  const event = await sink.received(({ tags }) => tags?.code === code);
  expect(event).toMatchObject({ level: 'fatal', tags: { kind: 'process' } });
  expect(event.exception?.values[0]?.value).toBe('nobody caught because of [email]');
  expect(await server.ended).toBe(1);
});

test('a start that fails is reported', async () => {
  const { port } = new URL(sink.dsn);
  await expect(start({ PORT: port })).rejects.toThrow('before it was ready');
  const event = await sink.received(({ tags }) => tags?.kind === 'startup');
  expect(event).toMatchObject({ level: 'fatal', tags: { code: 'The server could not start' } });
});

test('where Sentry is out of order, requests are answered and the server ends in order', async () => {
  const before = sink.requests();
  const server = await start();
  const statuses: number[] = [];
  try {
    for (const behaviour of ['refuse', 500, 429, 'hang'] as const) {
      sink.behave(behaviour);
      const answers = Array.from({ length: 40 }, () => post(server, 'fail/message?note=x', 'x'));
      statuses.push(...(await Promise.all(answers)).map(({ status }) => status));
    }
    expect(statuses).toEqual(statuses.map(() => 500));
    expect(sink.requests()).toBeGreaterThan(before);
  } finally {
    expect(await stop(server)).toBe(0);
    sink.behave('ok');
  }
}, 30_000);

test('without a DSN nothing is sent', async () => {
  const before = sink.requests();
  const server = await startServerProcess('backend/test/fixtures/failing-server.ts', {
    ...stack.environment,
  });
  expect((await post(server, 'fail/message?note=x', 'x')).status).toBe(500);
  expect(await stop(server)).toBe(0);
  expect(sink.requests()).toBe(before);
});
