import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApp, type TestApp, type TestUser } from '../../../test/support/app.ts';
import type { JobRecord, QueueState } from '../../kernel/jobs/index.ts';
import { operations } from './index.ts';
import { consoleOf, until } from './prove/fixtures/console.ts';
import { createOperable } from './prove/fixtures/operable.ts';

const { module: operable, state } = createOperable();
let app: TestApp;
let admin: TestUser;
let ask: ReturnType<typeof consoleOf>;

beforeAll(async () => {
  app = await startTestApp({
    modules: [operations, operable],
    environment: { JOBS_POLL_MS: '500' },
  });
  admin = await app.signUp({ role: 'admin' });
  ask = consoleOf(app, admin);
});
afterAll(async () => {
  await app.stop();
});

async function enqueue(kind: string, note: string, more: object = {}): Promise<string> {
  const response = await app.request
    .post(`/api/v1/operable/${kind}`)
    .set('authorization', `Bearer ${admin.accessToken}`)
    .send({ note, ...more });
  return (response.body as { jobId: string }).jobId;
}

const jobIn = (id: string, wanted: string) =>
  until(async () => {
    const { body } = await ask<JobRecord>('get', `/jobs/${id}`);
    return body.state === wanted ? body : undefined;
  }, `job ${wanted}`);

const queue = async (name: string) => {
  const { body } = await ask<{ queues: QueueState[] }>('get', '/queues');
  return body.queues.find((each) => each.name === name);
};

test('a paused queue takes up nothing until it is resumed', async () => {
  expect((await ask('post', '/queues/operable.work/pause')).status).toBe(204);
  const waiting = await enqueue('work', 'after the pause');
  // What another queue has done since, this one would have done too.
  const other = await enqueue('fragile', 'elsewhere');
  await jobIn(other, 'dead');
  expect((await ask<JobRecord>('get', `/jobs/${waiting}`)).body.state).toBe('queued');
  expect(await queue('operable.work')).toMatchObject({ paused: true, counts: { queued: 1 } });

  expect((await ask('post', '/queues/operable.work/resume')).status).toBe(204);
  await jobIn(waiting, 'completed');
  expect(state.done).toContain('after the pause');
  expect((await ask('post', '/queues/no.such/pause')).status).toBe(404);
});

test('a dead job shows its error without secrets, is redriven once, and lies completed under its own id', async () => {
  state.broken = true;
  const id = await enqueue('fragile', 'poison', { email: 'somebody@example.com' });
  const dead = await jobIn(id, 'dead');
  expect(dead.error?.message).toContain('The provider refused poison');
  expect(JSON.stringify(dead)).not.toMatch(/hunter2|somebody@/);

  state.broken = false;
  const once = await ask('post', '/jobs/redrive', { ids: [id] });
  expect(once.body).toEqual({ count: 1 });
  await jobIn(id, 'completed');
  expect((await ask('post', '/jobs/redrive', { ids: [id] })).body).toEqual({ count: 0 });
});

test('all dead jobs of a queue are redriven at once, and a selection of them is discarded', async () => {
  state.broken = true;
  const ids = await Promise.all(['a', 'b', 'c'].map((note) => enqueue('fragile', note)));
  for (const id of ids) await jobIn(id, 'dead');
  expect((await ask('post', '/jobs/discard', { ids: ids.slice(0, 1) })).body).toEqual({ count: 1 });
  await jobIn(ids[0] ?? '', 'failed');

  state.broken = false;
  const answer = await ask<{ count: number }>('post', '/jobs/redrive', {
    queue: 'operable.fragile',
  });
  expect(answer.body.count).toBeGreaterThanOrEqual(2);
  for (const id of ids.slice(1)) await jobIn(id, 'completed');
  expect((await ask('post', '/jobs/redrive', { all: true })).body).toEqual({ count: 0 });
});

test('a job that waits for its next attempt is done now', async () => {
  state.broken = true;
  const id = await enqueue('patient', 'in ten minutes');
  await jobIn(id, 'retrying');
  state.broken = false;
  expect((await ask('post', '/jobs/retry', { ids: [id] })).body).toEqual({ count: 1 });
  await jobIn(id, 'completed');
});

test('a selection has at most 200 jobs, each once, and redriving names one thing', async () => {
  const ids = Array.from({ length: 201 }, () => crypto.randomUUID());
  const statuses = await Promise.all(
    [
      { ids },
      { ids: [] },
      { ids: [ids[0], ids[0]] },
      { ids: ['no-uuid'] },
      {},
      { all: true, queue: 'operable.work' },
      { all: false },
    ].map(async (body) => (await ask('post', '/jobs/redrive', body)).status),
  );
  expect(statuses).toEqual(statuses.map(() => 400));
  expect((await ask('post', '/jobs/redrive', { ids: ids.slice(1) })).body).toEqual({ count: 0 });
});

test('an export is RFC 4180, holds what was searched, and no cell is a formula', async () => {
  await ask('post', '/queues/operable.work/pause');
  const notes = ['=HYPERLINK("http://evil")', '+1', '-1', '@sum', 'two, "quoted"\nlines', 'plain'];
  const ids = await Promise.all(notes.map((note) => enqueue('work', note, { key: note })));
  const answer = await ask('get', '/jobs.csv?state=queued&queue=operable.work');
  expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(answer.headers['content-disposition']).toBe('attachment; filename="jobs-queued.csv"');

  const rows = parseCsv(answer.text);
  const [names, ...jobs] = rows;
  expect(names?.slice(0, 3)).toEqual(['id', 'queue', 'state']);
  expect(jobs.map(([id]) => id).sort()).toEqual([...ids].sort());
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([17]));
  for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
  const keys = jobs.map((row) => row[14]);
  expect(keys.sort()).toEqual(notes.map((note) => note.replace(/^([=+\-@])/, "'$1")).sort());
  const payloads = jobs.map((row) => (JSON.parse(row[16] ?? '') as { note: string }).note);
  expect(payloads.sort()).toEqual([...notes].sort());

  const one = await ask('get', '/jobs.csv?state=queued&queue=operable.work&limit=1');
  expect(parseCsv(one.text)).toHaveLength(2);
  await ask('post', '/jobs/discard', { ids });
  await ask('post', '/queues/operable.work/resume');
});

test('the minutes of a queue tell what it has done', async () => {
  const done = await enqueue('work', 'counted');
  await jobIn(done, 'completed');
  // Processes add up what they have done, and write it every few seconds.
  const points = await until(async () => {
    const { body } = await ask<{ points: { completed: number }[] }>(
      'get',
      '/queues/operable.work/throughput?minutes=5',
    );
    return body.points.some(({ completed }) => completed > 0) ? body.points : undefined;
  }, 'a minute with something done');
  expect(points).toHaveLength(5);
  expect((await ask('get', '/queues/no.such/throughput')).status).toBe(404);
});

/** By RFC 4180 to the letter: anything else throws. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (!match) throw new Error(`No CSV: ${text}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
