import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { defineJob, handleJob, type JobHandler, type JobInput } from '../src/kernel/jobs/index.ts';
import { Joi, shape, text } from '../src/kernel/schema/index.ts';
import { becomes, noteJob, startNotes, until, type Note } from './support/note-jobs.ts';
import { openTestQueue, type TestQueue } from './support/open-jobs.ts';

const note = noteJob();

let queue: TestQueue;

beforeAll(async () => {
  queue = await openTestQueue();
});
afterAll(() => queue.close());
beforeEach(() => queue.reset());

const start = (handlers: JobHandler[]) => queue.start(handlers, { work: true });

test('starts a job when the database tells of it, long before it would have looked', async () => {
  const started = Promise.withResolvers<number>();
  const one = await startNotes(queue, note, () => {
    started.resolve(performance.now());
    return Promise.resolve();
  });
  await until(async () => (await queue.listeners()) > 0);
  // It looks once more when it begins to listen.
  await wait(500);
  const sentAt = performance.now();
  const id = await one.server.enqueue(note, { note: 'told' });
  expect((await started.promise) - sentAt).toBeLessThan(2_000);
  await becomes(one, id, 'completed');
});

test('upgrades what was enqueued in an older version', async () => {
  const seen: unknown[] = [];
  const newer = defineJob({
    name: 'test.note',
    payload: shape({ note: text(1, 100), times: Joi.number() }),
    version: 3,
    upgrade: {
      1: (old) => ({ ...(old as object), times: 1 }),
      2: (old) => ({ ...(old as object), times: (old as { times: number }).times + 1 }),
    },
  });
  const one = await start([
    handleJob(newer, ({ payload: got }) => {
      seen.push(got);
      return Promise.resolve();
    }),
  ]);
  // A release without versions wrote none.
  await queue.client.query(
    `insert into pgboss.job (name, data, policy, singleton_key)
     values ('test.note', '{"requestId": "old", "payload": {"note": "first"}}', 'exclusive', 'x')`,
  );
  await one.server.enqueue(newer, { note: 'third', times: 7 });
  await until(() => seen.length === 2);
  expect(seen).toEqual(
    expect.arrayContaining([
      { note: 'first', times: 2 },
      { note: 'third', times: 7 },
    ]),
  );
});

test('leaves what is of a newer version to a newer worker, and does not fail it', async () => {
  const newer = noteJob({ version: 2, upgrade: { 1: (old) => old } });
  const done: string[] = [];
  const older = await startNotes(queue, note, ({ payload: got }) => {
    done.push(`old ${got.note}`);
    return Promise.resolve();
  });
  const api = await queue.start([handleJob(newer, () => Promise.resolve())]);
  const id = await api.server.enqueue(newer, { note: 'new' });
  await older.server.enqueue(note, { note: 'known' });
  await until(() => done.length === 1);
  expect(await older.server.admin.get(String(id))).toMatchObject({ state: 'queued', attempts: 0 });
  await start([
    handleJob(newer, ({ payload: got }) => {
      done.push(`new ${got.note}`);
      return Promise.resolve();
    }),
  ]);
  await becomes(older, id, 'completed');
  expect(done).toEqual(['old known', 'new new']);
});

test('does the most urgent first', async () => {
  const done: string[] = [];
  const single = noteJob({ concurrency: 1 });
  const api = await queue.start([handleJob(single, () => Promise.resolve())]);
  for (const [name, priority] of [
    ['low', -1],
    ['usual', 0],
    ['urgent', 5],
  ] as const)
    await api.server.enqueue(single, { note: name }, { priority });
  await start([
    handleJob(single, ({ payload: got }) => {
      done.push(got.note);
      return Promise.resolve();
    }),
  ]);
  await until(() => done.length === 3);
  expect(done).toEqual(['urgent', 'usual', 'low']);
});

test('takes nothing from a paused queue, in any process and after a restart, until it is resumed', async () => {
  const done: string[] = [];
  const handle = ({ payload: got }: JobInput<Note>) => {
    done.push(got.note);
    return Promise.resolve();
  };
  const one = await startNotes(queue, note, handle);
  await startNotes(queue, note, handle);
  await one.server.admin.pause('test.note');
  await one.server.enqueue(note, { note: 'held' });
  await startNotes(queue, note, handle);
  await wait(500);
  expect(done).toEqual([]);
  await one.server.admin.resume('test.note');
  await until(() => done.length === 1);
});

test('starts jobs of a provider evenly spaced, over all processes', async () => {
  const starts: number[] = [];
  const rated = noteJob({ rate: { per: 'upstream', perMinute: 300 }, concurrency: 5 });
  const handler = handleJob(rated, () => {
    starts.push(performance.now());
    return Promise.resolve();
  });
  const one = await start([handler]);
  await start([handler]);
  await one.server.enqueueAll(
    rated,
    Array.from({ length: 6 }, (_, index) => ({ payload: { note: String(index) } })),
  );
  await until(() => starts.length === 6);
  // Five times 200 ms lie between six starts.
  expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(950);
});

test('does every job of a batch once, with two processes at it', async () => {
  const counts = new Map<string, number>();
  const short = noteJob({ batch: 100, concurrency: 20 });
  const handler = handleJob(short, ({ payload: got }) => {
    counts.set(got.note, (counts.get(got.note) ?? 0) + 1);
    return Promise.resolve();
  });
  const one = await start([handler]);
  await start([handler]);
  const items = Array.from({ length: 1_000 }, (_, index) => ({ payload: { note: `n${index}` } }));
  expect(await one.server.enqueueAll(short, items)).toBe(1_000);
  await until(async () => (await one.server.admin.queues())[0]?.counts.queued === 0);
  await until(() => counts.size === 1_000);
  expect(Math.max(...counts.values())).toBe(1);
});

test('hands back what was taken and not started when the process ends', async () => {
  const one = await start([
    handleJob(noteJob({ batch: 10, concurrency: 1 }), ({ signal }) =>
      wait(60_000, undefined, { signal }),
    ),
  ]);
  await one.server.enqueueAll(
    note,
    Array.from({ length: 10 }, (_, index) => ({ payload: { note: `n${index}` } })),
  );
  await until(async () => (await one.server.admin.queues())[0]?.counts.active === 10);
  await one.close(0);
  const { rows } = await queue.client.query(
    'select state::text, count(*)::int from pgboss.job group by state',
  );
  expect(rows).toEqual([{ state: 'retry', count: 10 }]);
});
