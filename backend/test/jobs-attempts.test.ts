import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { handleJob, JobPostponed, type JobHandler } from '../src/kernel/jobs/index.ts';
import { runWithLogContext } from '../src/kernel/logging/index.ts';
import { becomes, noteJob, startNotes, until } from './support/note-jobs.ts';
import { openTestQueue, type TestQueue } from './support/open-jobs.ts';

const note = noteJob();

let queue: TestQueue;

beforeAll(async () => {
  queue = await openTestQueue();
});
afterAll(() => queue.close());
beforeEach(() => queue.reset());

const start = (handlers: JobHandler[]) => queue.start(handlers, { work: true });

test('tells of each failed attempt, is dead after the last one and is reported', async () => {
  const flaky = noteJob({ attempts: 2 });
  const one = await start([
    handleJob(flaky, ({ attempt }) =>
      Promise.reject(new TypeError(`attempt ${attempt} of cook@example.com`)),
    ),
  ]);
  const id = await one.server.enqueue(flaky, { note: 'poison' });
  await becomes(one, id, 'dead');
  expect(await one.server.admin.get(String(id))).toMatchObject({
    attempts: 2,
    error: { name: 'TypeError', message: 'attempt 2 of [email]' },
    history: [
      { attempt: 1, at: expect.any(Date), error: { message: 'attempt 1 of [email]' } },
      { attempt: 2, at: expect.any(Date), error: { message: 'attempt 2 of [email]' } },
    ],
  });
  await until(() => one.reports.length === 1);
  expect(one.reports[0]?.about).toMatchObject({
    kind: 'job',
    code: 'JOB_DEAD',
    route: 'test.note',
  });

  // Once more after a redrive, with a full set of attempts.
  expect(await one.server.admin.redrive({ ids: [String(id)] })).toBe(1);
  await until(async () => (await one.server.admin.get(String(id)))?.attempts === 4);
  await becomes(one, id, 'dead');
  expect((await one.server.admin.get(String(id)))?.history).toHaveLength(4);
});

test('keeps the failures of a job that succeeds at last', async () => {
  const one = await startNotes(queue, note, ({ attempt, commit }) =>
    attempt === 1 ? Promise.reject(new Error('not yet')) : commit(() => Promise.resolve()),
  );
  const id = await one.server.enqueue(note, { note: 'late' });
  await becomes(one, id, 'completed');
  expect(await one.server.admin.get(String(id))).toMatchObject({
    attempts: 2,
    history: [{ attempt: 1 }],
  });
});

test('postpones without counting the attempt, as the handler asks', async () => {
  const times: number[] = [];
  const one = await startNotes(queue, note, ({ attempt }) => {
    times.push(performance.now());
    return attempt === 1 ? Promise.reject(new JobPostponed(1)) : Promise.resolve();
  });
  const id = await one.server.enqueue(note, { note: 'later' });
  await becomes(one, id, 'completed');
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(900);
  expect(await one.server.admin.get(String(id))).toMatchObject({ maxAttempts: 6, history: [] });
});

test('ends an attempt that takes too long, also where the handler does not listen', async () => {
  const slow = noteJob({ attempts: 1, timeoutSeconds: 0.2 });
  const one = await startNotes(queue, slow, () => new Promise(() => undefined));
  const id = await one.server.enqueue(slow, { note: 'stuck' });
  await becomes(one, id, 'dead');
  expect(await one.server.admin.get(String(id))).toMatchObject({ error: { name: 'JobTimedOut' } });
});

test('acts with the rights of who asked, and carries their request', async () => {
  const seen: unknown[] = [];
  const userId = '11111111-1111-4111-8111-111111111111';
  const one = await startNotes(queue, note, async ({ commit, caller, requestId }) => {
    const rights = await commit(
      (tx) => tx.query(`select current_user::text as role, auth.uid()::text as uid`),
      { as: 'caller' },
    );
    seen.push({ ...rights.rows[0], asked: caller?.role, requestId });
  });
  await runWithLogContext({ requestId: 'the-request', userId }, () =>
    one.server.enqueue(note, { note: 'mine' }),
  );
  await one.server.enqueue(note, { note: 'admin' }, { caller: { id: userId, role: 'admin' } });
  await until(() => seen.length === 2);
  expect(seen).toEqual(
    expect.arrayContaining([
      { role: 'authenticated', uid: userId, asked: 'user', requestId: 'the-request' },
      { role: 'authenticated', uid: userId, asked: 'admin', requestId: expect.any(String) },
    ]),
  );
});

test('an attempt that lost its job settles nothing while the next one is at it', async () => {
  const first = Promise.withResolvers<undefined>();
  const second = Promise.withResolvers<undefined>();
  const ends: string[] = [];
  const one = await startNotes(queue, note, async ({ attempt, commit }) => {
    await (attempt === 1 ? first.promise : second.promise);
    await commit(() => Promise.resolve()).then(
      () => ends.push(`${attempt} done`),
      (error: unknown) => ends.push(`${attempt} ${(error as Error).name}`),
    );
  });
  const id = await one.server.enqueue(note, { note: 'zombie' });
  await becomes(one, id, 'active');
  await until(async () => {
    await queue.client.query(
      `update pgboss.job set heartbeat_on = now() - interval '1 minute' where retry_count = 0`,
    );
    return (await one.server.admin.get(String(id)))?.attempts === 2;
  });
  first.resolve(undefined);
  await until(() => ends.length === 1);
  second.resolve(undefined);
  await until(() => ends.length === 2);
  expect(ends).toEqual(['1 ClaimLost', '2 done']);
});
