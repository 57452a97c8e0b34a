import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { handleJob, type JobsAdmin } from '../src/kernel/jobs/index.ts';
import { effect, poison } from './fixtures/job-module.ts';
import { openTestQueue, type JobProcess, type TestQueue } from './support/open-jobs.ts';

let queue: TestQueue;
let jobs: JobProcess;
let admin: JobsAdmin;
let client: Client;

beforeAll(async () => {
  queue = await openTestQueue();
  client = queue.client;
  const nobody = () => Promise.reject(new Error('nobody works here'));
  jobs = await queue.start([handleJob(effect, nobody), handleJob(poison, nobody)]);
  admin = jobs.server.admin;
});
afterAll(() => queue.close());
beforeEach(async () => {
  await client.query('delete from pgboss.job');
});

/** As a worker leaves it after its last attempt. */
async function kill(id: string | null): Promise<string> {
  await client.query(
    `update pgboss.job set state = 'failed', started_on = now(), completed_on = now(), retry_count = retry_limit,
       output = '{"failures": [{"attempt": 1, "at": "2026-01-01T00:00:00Z",
         "error": {"name": "TypeError", "message": "no"}}]}' where id = $1`,
    [id],
  );
  return String(id);
}
const enqueue = (note: string, key?: string) =>
  jobs.server.enqueue(effect, { note }, key === undefined ? {} : { key });
const dead = async (note: string, key?: string) => kill(await enqueue(note, key));

test('says of a dead job what happened to it, and of no job what it must not tell', async () => {
  const id = await kill(
    await jobs.server.enqueue(effect, { note: 'mail cook@example.com' }, { key: 'one' }),
  );
  expect(await admin.get(id)).toEqual({
    id,
    queue: 'probe.effect',
    state: 'dead',
    attempts: 5,
    maxAttempts: 5,
    createdAt: expect.any(Date),
    startedAt: expect.any(Date),
    finishedAt: expect.any(Date),
    nextRunAt: null,
    error: { name: 'TypeError', message: 'no' },
    history: [
      {
        attempt: 1,
        at: new Date('2026-01-01T00:00:00Z'),
        error: { name: 'TypeError', message: 'no' },
      },
    ],
    payload: { note: 'mail [email]' },
    requestId: expect.any(String),
    callerId: null,
    key: 'one',
    priority: 0,
  });
  expect(await admin.get('not-an-id')).toBeUndefined();
});

test('counts by state, of queues that have no jobs too', async () => {
  await enqueue('a');
  await dead('b');
  expect(await admin.queues()).toMatchObject([
    {
      name: 'probe.effect',
      counts: { queued: 1, active: 0, retrying: 0, failed: 0, dead: 1 },
      oldestSeconds: expect.any(Number),
      paused: false,
      concurrency: 2,
    },
    { name: 'probe.poison', counts: { queued: 0, dead: 0 }, oldestSeconds: null },
  ]);
});

test('redrives under the same id, each job once, however many do it at a time', async () => {
  const ids: string[] = [];
  for (let index = 0; index < 20; index += 1) ids.push(await dead(`job ${index}`));
  // Connections that stand already, so that they meet.
  await Promise.all([1, 2, 3, 4].map(() => admin.queues()));
  const counts = await Promise.all([
    admin.redrive({ all: true }),
    admin.redrive({ queue: 'probe.effect' }),
    admin.redrive({ ids }),
    admin.redrive({ all: true }),
  ]);
  expect(counts.reduce((sum, count) => sum + count)).toBe(20);
  expect(await admin.get(ids[0] ?? '')).toMatchObject({
    state: 'retrying',
    maxAttempts: 10,
    history: [{ attempt: 1 }],
  });
  expect(await admin.redrive({ ids })).toBe(0);
});

test('takes each dead job once, also one that dies again before all of them are back', async () => {
  const id = await dead('at once');
  // As if a worker had it at once, five times.
  await client.query(`
    create sequence public.deaths;
    create function public.die() returns trigger language plpgsql as $$
    begin
      if new.state = 'retry' and nextval('public.deaths') <= 5 then
        new.state := 'failed';
        new.completed_on := clock_timestamp();
      end if;
      return new;
    end $$;
    create trigger die before update on pgboss.job for each row execute function public.die();
    grant usage on sequence public.deaths to public`);
  try {
    expect(await admin.redrive({ all: true })).toBe(1);
    expect(await admin.get(id)).toMatchObject({ state: 'dead' });
  } finally {
    await client.query('drop trigger die on pgboss.job');
  }
});

test('leaves a dead job where it is while its key is waiting, and takes one of two with a key', async () => {
  const first = await dead('first', 'key');
  const second = await dead('second', 'key');
  const waiting = String(await enqueue('third', 'key'));
  expect(await admin.redrive({ all: true })).toBe(0);
  await admin.discard([waiting]);
  expect(await admin.redrive({ all: true })).toBe(1);
  expect(await admin.get(first)).toMatchObject({ state: 'retrying' });
  expect(await admin.get(second)).toMatchObject({ state: 'dead' });
});

test('discards what is dead or waits, not what is active, and brings back what was discarded', async () => {
  const gone = await dead('gone');
  const active = String(await enqueue('active'));
  await client.query(`update pgboss.job set state = 'active' where id = $1`, [active]);
  expect(await admin.discard([gone, active])).toBe(1);
  expect(await admin.get(gone)).toMatchObject({ state: 'failed' });
  expect(await admin.redrive({ all: true })).toBe(0);
  expect(await admin.retry([gone])).toBe(1);
  expect(await admin.get(gone)).toMatchObject({ state: 'retrying' });
});

test('runs now what waits for its time', async () => {
  const id = String(await enqueue('later'));
  await client.query(
    `update pgboss.job set state = 'retry', start_after = now() + interval '1 hour' where id = $1`,
    [id],
  );
  expect(await admin.retry([id])).toBe(1);
  const { nextRunAt } = (await admin.get(id)) ?? {};
  expect(nextRunAt?.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
});

test('lists page by page, newest first, and finds by what is written in a job', async () => {
  for (let index = 0; index < 5; index += 1) await enqueue(`note ${index}`);
  const notes: unknown[] = [];
  let cursor: string | null = null;
  do {
    const page = await admin.list({
      state: 'queued',
      limit: 2,
      ...(cursor === null ? {} : { cursor }),
    });
    notes.push(...page.jobs.map(({ payload }) => payload));
    cursor = page.next;
  } while (cursor !== null);
  expect(notes).toEqual([4, 3, 2, 1, 0].map((index) => ({ note: `note ${index}` })));
  const found = await admin.list({ state: 'queued', search: 'NOTE 3', limit: 10 });
  expect(found.jobs).toHaveLength(1);
  expect((await admin.list({ state: 'queued', search: '%', limit: 10 })).jobs).toHaveLength(0);
  await expect(admin.list({ state: 'queued', limit: 1, cursor: 'forged' })).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
  });
});

test('pauses known queues alone', async () => {
  expect(await admin.pause('probe.effect')).toBe(true);
  expect(await admin.pause('probe.effect')).toBe(true);
  expect(await admin.pause('nobody.knows')).toBe(false);
  expect((await admin.queues())[0]).toMatchObject({ paused: true, pausedAt: expect.any(Date) });
  expect(await admin.resume('probe.effect')).toBe(true);
  expect((await admin.queues())[0]).toMatchObject({ paused: false });
});

test('has an entry for each minute, also where nothing happened', async () => {
  await client.query(
    `insert into bulwark.job_minutes values ('probe.effect', date_trunc('minute', now()), 7, 2)`,
  );
  const minutes = await admin.throughput('probe.effect', 3);
  expect(minutes).toEqual([
    { at: expect.any(Date), completed: 0, failed: 0 },
    { at: expect.any(Date), completed: 0, failed: 0 },
    { at: expect.any(Date), completed: 7, failed: 2 },
  ]);
  expect(await admin.throughput('probe.poison', 1)).toMatchObject([{ completed: 0 }]);
});
