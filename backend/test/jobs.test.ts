import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { getConstructionPlans } from 'pg-boss';
import { jobModule, jobTables } from './fixtures/job-module.ts';
import { startTestApp, type TestApp } from './support/app.ts';
import { launchServer, type LaunchedProcess } from './support/server-process.ts';

let app: TestApp;
let client: Client;
let token: string;
const workers = new Set<LaunchedProcess>();

/** The app enqueues and does no jobs; workers are processes of their own, or a second app. */
beforeAll(async () => {
  app = await startTestApp({ modules: [jobModule], environment: { JOBS_WORKER: 'none' } });
  client = new Client({ connectionString: app.database.url });
  await client.connect();
  await client.query(jobTables);
  token = (await app.signUp()).accessToken;
});
afterAll(async () => {
  for (const { child, ended } of workers) {
    child.kill('SIGKILL');
    await ended;
  }
  await client.end();
  await app.stop();
});

async function startWorker(): Promise<LaunchedProcess> {
  const worker = launchServer('backend/test/fixtures/job-worker.ts', {
    NODE_ENV: 'test',
    DATABASE_URL: app.database.url,
    SUPABASE_URL: app.issuer.url,
    SUPABASE_ANON_KEY: app.issuer.anonKey,
    SUPABASE_SERVICE_ROLE_KEY: app.issuer.serviceRoleKey,
    JOBS_POLL_MS: '500',
    SHUTDOWN_TIMEOUT_MS: '4000',
  });
  workers.add(worker);
  await worker.logged('Worker ready');
  return worker;
}

const post = (path: string, body: object) =>
  app.request.post(`/api/v1${path}`).set('authorization', `Bearer ${token}`).send(body);

async function column(sql: string, values: unknown[] = []): Promise<unknown[]> {
  const { rows } = await client.query<unknown[]>({ text: sql, values, rowMode: 'array' });
  return rows.map(([first]) => first);
}
const effectsOf = (note: string) =>
  column('select note from public.job_effects where note = $1', [note]);
const attemptsOf = (note: string) =>
  column('select attempt from public.job_attempts where note = $1 order by attempt', [note]);
const stateOf = async (note: string) =>
  (
    await column(`select state::text from pgboss.job where data->'payload'->>'note' = $1`, [note])
  )[0];

/** Looks until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 25_000;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`It never came: ${String(isSo)}`);
    await wait(50);
  }
}
const underWay = (worker: LaunchedProcess, note: string) =>
  until(() => Promise.resolve(worker.lines().some((line) => line.note === note)));

/** As if the holder had shown no life for longer than its lease, until that was seen: it may just show some. */
const lapse = (note: string) =>
  until(async () => {
    const { rowCount } = await client.query(
      `update pgboss.job set heartbeat_on = now() - interval '1 minute'
       where state = 'active' and retry_count = 0 and data->'payload'->>'note' = $1`,
      [note],
    );
    return rowCount === 0;
  });

describe('enqueueing', () => {
  test('is part of the transaction that it is given, and leaves that its rights', async () => {
    expect((await post('/effects', { note: 'kept' })).status).toBe(202);
    expect((await post('/effects', { note: 'undone', fail: true })).status).toBe(500);
    expect(await stateOf('kept')).toBe('created');
    expect(await stateOf('undone')).toBeUndefined();
    // Written after the enqueue, with the caller's rights.
    expect(await effectsOf('kept row')).toHaveLength(1);
  });

  test('refuses a payload that is not what the job declares', async () => {
    const response = await post('/jobs/effect', { note: 'x', unknown: 1 });
    expect(response.status).toBe(400);
  });

  test('takes one job of a key at a time', async () => {
    const first = await post('/jobs/effect?key=one', { note: 'keyed' });
    const second = await post('/jobs/effect?key=one', { note: 'keyed again' });
    expect(first.body).toEqual({ jobId: expect.any(String) });
    expect(second.body).toEqual({ jobId: null });
  });

  test('is closed to every role of a client', async () => {
    for (const role of ['anon', 'authenticated', 'service_role']) {
      await client.query('begin');
      await client.query(`set local role ${role}`);
      await expect(client.query('select from pgboss.job')).rejects.toThrow('permission denied');
      await client.query('rollback');
    }
  });
});

describe('a worker', () => {
  let worker: LaunchedProcess;
  beforeAll(async () => {
    worker = await startWorker();
  });

  test('does what lies in the queue, once, and logs it with the id of the request', async () => {
    const response = await post('/effects', { note: 'logged' });
    await until(async () => (await stateOf('logged')) === 'completed');
    expect(await attemptsOf('logged')).toEqual([1]);
    expect(await effectsOf('logged')).toHaveLength(1);
    await underWay(worker, 'logged');
    const { requestId } = worker.lines().find((line) => line.note === 'logged') ?? {};
    expect(requestId).toBe(response.headers['x-request-id']);
  });

  test('leaves a job that fails at its last attempt dead, with what went wrong and without secrets', async () => {
    await post('/jobs/poison', { note: 'poison' });
    await until(async () => (await stateOf('poison')) === 'failed');
    expect(await attemptsOf('poison')).toEqual([1, 2]);
    const { rows } = await client.query<{ text: string }>(
      `select job::text as text from pgboss.job where state = 'failed'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.text).toContain('no way to');
    await worker.logged('job failed for the last time');
    expect(JSON.stringify(rows) + worker.output()).not.toContain('canary');
  });

  test('that lost its job cannot commit what it did for it', async () => {
    await post('/jobs/effect', { note: 'zombie', milliseconds: 4_000, stubborn: true });
    await underWay(worker, 'zombie');
    await lapse('zombie');
    await until(async () => (await stateOf('zombie')) === 'completed');
    expect(await worker.logged('job attempt no longer counts')).toMatchObject({ attempt: 1 });
    expect(await attemptsOf('zombie')).toEqual([1, 2]);
    expect(await effectsOf('zombie')).toHaveLength(1);
  });

  test('hands unfinished work back when it stops, and the attempt does not count', async () => {
    await post('/jobs/effect', { note: 'handed back', milliseconds: 60_000 });
    await underWay(worker, 'handed back');
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    const { rows } = await client.query(
      `select state::text, retry_limit - retry_count as left from pgboss.job
       where data->'payload'->>'note' = 'handed back'`,
    );
    expect(rows).toEqual([{ state: 'retry', left: 5 }]);
    expect(await effectsOf('handed back')).toEqual([]);

    worker = await startWorker();
    await until(async () => (await stateOf('handed back')) === 'completed');
    expect(await effectsOf('handed back')).toHaveLength(1);
  });

  test('that is killed loses its jobs to another when its lease has lapsed', async () => {
    await post('/jobs/effect', { note: 'killed', milliseconds: 60_000 });
    await underWay(worker, 'killed');
    worker.child.kill('SIGKILL');
    await worker.ended;
    worker = await startWorker();
    await lapse('killed');
    await until(async () => (await stateOf('killed')) === 'completed');
    expect(await attemptsOf('killed')).toEqual([1, 2]);
    expect(await effectsOf('killed')).toHaveLength(1);
  });
});

test('the migration makes the tables that the installed package expects', () => {
  const migration = readFileSync(
    new URL('../migrations/20261125103000_jobs.sql', import.meta.url),
    'utf8',
  );
  const words = (sql: string) =>
    sql.replaceAll(';', ' ; ').split(/\s+/).join(' ').replaceAll('; ;', ';');
  const plan = getConstructionPlans('pgboss', { createSchema: false })
    .replace(/^\s*(BEGIN|COMMIT|SET LOCAL .*|SELECT pg_advisory_xact_lock.*);$/gm, '')
    .trim();
  expect(words(migration)).toContain(
    words(plan)
      .replace(/^[ ;]+/, '')
      .replace(/[ ;]+$/, ''),
  );
});
