import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startTestApp, type TestApp, type TestUser } from '../../../test/support/app.ts';
import { operations } from './index.ts';
import { consoleOf, until } from './prove/fixtures/console.ts';
import { createOperable } from './prove/fixtures/operable.ts';
import type { Overview } from './overview-schema.ts';

let app: TestApp;
let admin: TestUser;
let ask: ReturnType<typeof consoleOf>;

beforeAll(async () => {
  app = await startTestApp({
    modules: [operations, createOperable().module],
    environment: { OPERATIONS_SAMPLE_SECONDS: '1' },
  });
  admin = await app.signUp({ role: 'admin' });
  ask = consoleOf(app, admin);
});
afterAll(async () => {
  await app.stop();
});

const overview = async () => (await ask<Overview>('get', '/overview?minutes=5')).body;

async function inDatabase(statement: string): Promise<void> {
  const client = new Client({ connectionString: app.database.url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

test('the overview tells of the health, of this process and of what it has served', async () => {
  const { health, processes } = await overview();
  expect(health).toEqual({ status: 'ok', checks: { database: 'ok' } });
  expect(processes).toEqual([
    expect.objectContaining({ role: 'api', pid: process.pid, version: 'test', alive: true }),
  ]);
});

test('the series counts every failure once, also those of a time in which nothing could be written', async () => {
  await inDatabase('alter table operations.samples rename to hidden');
  await Promise.all(
    Array.from({ length: 7 }, () =>
      app.request.get('/api/v1/operable/fails').set('x-request-id', 'the-failing-request'),
    ),
  );
  await until(
    () =>
      Promise.resolve(
        app.logLines.find(({ msg }) => msg === 'How this process is cannot be written'),
      ),
    'a write that fails',
  );
  const { queues } = await until(async () => {
    const answer = await overview();
    return answer.series === null ? answer : undefined;
  }, 'a series that cannot be read');
  expect(queues).toEqual(expect.any(Array));

  await inDatabase('alter table operations.hidden rename to samples');
  const errors = async () =>
    (await overview()).series?.reduce((sum, point) => sum + point.errors, 0) === 7 || undefined;
  await until(errors, 'seven failures in the series');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await errors()).toBe(true);
});

test('one request id leads from a failure in the overview to its lines in the log', async () => {
  const failure = await until(
    async () =>
      (await overview()).recentErrors?.find(({ requestId }) => requestId === 'the-failing-request'),
    'the failure among the recent errors',
  );
  expect(failure.level).toBe('error');
  const { body } = await ask<{ rows: { message: string; requestId: string }[] }>(
    'get',
    '/logs?requestId=the-failing-request&text=request&limit=200',
  );
  expect(new Set(body.rows.map(({ requestId }) => requestId))).toEqual(
    new Set(['the-failing-request']),
  );
  expect(body.rows.map(({ message }) => message)).toContain('request failed');
});

test('percentiles are over all processes, and one that is silent is not alive', async () => {
  const before = `date_trunc('minute', now()) - interval '2 minutes'`;
  // 90 fast requests of one process, 10 slow ones of another: p50 lies in the bucket to 5 ms, p95 in that to 1 s.
  await inDatabase(`
    insert into operations.processes
    select ('00000000-0000-4000-8000-00000000000' || n)::uuid, 'worker', n, 'elsewhere', '1', now(), now() - interval '1 minute', 0
    from generate_series(1, 2) as n;
    insert into operations.samples values
      ('00000000-0000-4000-8000-000000000001', ${before}, 90, 0, '{90,0,0,0,0,0,0,0,0,0,0,0}', 3, 5, 1),
      ('00000000-0000-4000-8000-000000000002', ${before}, 10, 1, '{0,0,0,0,0,0,0,10,0,0,0,0}', 8, 7, 2)`);
  const { series, processes } = await until(async () => {
    const answer = await overview();
    return answer.series?.some(({ requests }) => requests === 100) === true ? answer : undefined;
  }, 'the hundred requests');
  expect(series).toContainEqual({
    at: expect.any(String) as unknown,
    requests: 100,
    errors: 1,
    p50Ms: 2.8,
    p95Ms: 750,
    p99Ms: 950,
    eventLoopMs: 8,
    sockets: 12,
    jobsRunning: 3,
  });
  expect(processes?.filter(({ alive }) => !alive).map(({ pid }) => pid)).toEqual([1, 2]);
});

test('old samples are cleared away', async () => {
  await inDatabase(`
    insert into operations.samples
    select gen_random_uuid(), now() - interval '49 hours', 1, 0, '{}', 0, 0, 0 from generate_series(1, 300)`);
  await until(async () => {
    const client = new Client({ connectionString: app.database.url });
    await client.connect();
    const { rows } = await client
      .query<{ old: number }>(
        `select count(*)::int as old from operations.samples where at < now() - interval '48 hours'`,
      )
      .finally(() => client.end());
    return rows[0]?.old === 0 || undefined;
  }, 'no old samples');
});
