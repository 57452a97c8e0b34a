import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type Sandbox, startSandbox } from '../../../local/providers/sandbox.ts';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import type { JobRecord } from '../../kernel/jobs/index.ts';
import type { Kernel } from '../../kernel/module/index.ts';
import { failAbandoned } from './abandoned.ts';
import { catalog } from './index.ts';
import { syncJobs } from './job-kinds.ts';
import type { Sync } from './sync-schema.ts';

/** What becomes of a synchronisation when something becomes of its job. */
let sandbox: Sandbox;
let app: TestApp;
let kernel: Kernel;
let client: Client;
let admin: string;
const queue = syncJobs.set.name;

beforeAll(async () => {
  sandbox = await startSandbox();
  app = await startTestApp({
    modules: [
      {
        ...catalog,
        create(given, settings) {
          kernel = given;
          return catalog.create(given, settings);
        },
      },
    ],
    environment: { ...sandbox.environment, JOBS_POLL_MS: '500' },
  });
  client = new Client({ connectionString: app.database.url });
  await client.connect();
  admin = (await app.signUp({ role: 'admin' })).accessToken;
  // The provider's lists are known from here on, so that faults meet the cards.
  await request('nowhere');
}, 30_000);
afterAll(async () => {
  await client.end();
  await app.stop();
  await sandbox.close();
});
afterEach(() => {
  sandbox.heal('justtcg');
});

async function request(set: string): Promise<{ status: number; body: Sync }> {
  return app.request
    .post('/api/v1/catalog/syncs')
    .set('authorization', `Bearer ${admin}`)
    .send({ game: 'pokemon', set });
}
async function look(id: string): Promise<Sync> {
  const answer = await app.request
    .get(`/api/v1/catalog/syncs/${id}`)
    .set('authorization', `Bearer ${admin}`);
  return answer.body as Sync;
}
async function until<T>(ask: () => Promise<T>, is: (answer: T) => boolean): Promise<T> {
  const giveUpAt = performance.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (is(answer)) return answer;
    if (performance.now() > giveUpAt) throw new Error(`Still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const status = (wanted: Sync['status']) => (sync: Sync) => sync.status === wanted;

async function jobOf(sync: Sync, state: JobRecord['state']): Promise<string> {
  const [job] = await until(
    async () => (await kernel.admin.jobs.list({ queue, state, search: sync.id, limit: 1 })).jobs,
    (jobs) => jobs.length > 0,
  );
  return String(job?.id);
}

/** Asks for a set that the provider refuses, until its job is dead: the attempts between are taken as made. */
async function dead(set: string): Promise<{ sync: Sync; job: string }> {
  sandbox.misbehave('justtcg', { status: 404 });
  const { body: sync } = await request(set);
  const job = await jobOf(sync, 'retrying');
  await client.query(
    'update pgboss.job set retry_count = retry_limit - 1, start_after = now() where id = $1',
    [job],
  );
  await jobOf(sync, 'dead');
  expect(await look(sync.id)).toMatchObject({
    status: 'failed',
    errorCode: 'UPSTREAM_REJECTED',
  });
  return { sync, job };
}

test('a synchronisation whose dead job was redriven is tried again when it fails once more', async () => {
  const { sync, job } = await dead('ironwood-pokemon');
  expect(await kernel.admin.jobs.redrive({ ids: [job] })).toBe(1);
  await until(
    () => kernel.admin.jobs.get(job),
    (tried) => tried?.attempts === 6 && tried.state === 'retrying',
  );
  expect(await look(sync.id)).toMatchObject({ status: 'retrying', finishedAt: null });
  sandbox.heal('justtcg');
  expect(await kernel.admin.jobs.retry([job])).toBe(1);
  await until(() => look(sync.id), status('completed'));
}, 60_000);

test('a job of one that has failed keeps no other one for its set from beginning', async () => {
  const { job } = await dead('echoes-pokemon');
  sandbox.heal('justtcg');
  await kernel.admin.jobs.pause(queue);
  expect(await kernel.admin.jobs.redrive({ ids: [job] })).toBe(1);
  const next = await request('echoes-pokemon');
  expect(next.status).toBe(202);
  await kernel.admin.jobs.resume(queue);
  await until(() => look(next.body.id), status('completed'));
}, 60_000);

test('one whose job ended without a word is failed and not under way for ever', async () => {
  const { rows } = await client.query<{ id: string }>(
    `insert into catalog.syncs (kind, game_id, set_id, status)
     values ('set', 'pokemon', 'night-market-pokemon', 'running') returning id`,
  );
  const lost = String(rows[0]?.id);
  sandbox.misbehave('justtcg', { status: 404 });
  const { body: tried } = await request('storm-front-pokemon');
  await jobOf(tried, 'retrying');
  await kernel.jobs.enqueue(failAbandoned, {});
  const failed = await until(() => look(lost), status('failed'));
  expect(failed).toMatchObject({ errorCode: 'INTERNAL_ERROR', finishedAt: expect.any(String) });
  expect((await look(tried.id)).status).not.toBe('failed');
  sandbox.heal('justtcg');
  const next = await request('night-market-pokemon');
  expect(next.status).toBe(202);
  expect(next.body.id).not.toBe(lost);
  await until(() => look(next.body.id), status('completed'));
}, 60_000);
