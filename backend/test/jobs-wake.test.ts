import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { defineJob, handleJob, type Job, type JobSchedule } from '../src/kernel/jobs/index.ts';
import { shape, text } from '../src/kernel/schema/index.ts';
import { noteJob, startNotes, until, type Note } from './support/note-jobs.ts';
import { openTestQueue, type TestQueue } from './support/open-jobs.ts';
import { startTcpRelay, type TcpRelay } from './support/tcp-relay.ts';

const pollMs = 1_000;
/** The jitter of the poll, and a busy machine. */
const patienceMs = pollMs + 1_500;
const note = noteJob();

let queue: TestQueue;
let relay: TcpRelay;

beforeAll(async () => {
  queue = await openTestQueue();
  relay = await startTcpRelay(queue.database.url);
});
afterAll(async () => {
  await queue.close();
  await relay.close();
});
beforeEach(async () => {
  await queue.reset();
  await queue.client.query('delete from bulwark.job_schedules');
  relay.recover();
});

test('a job is found within the poll interval while the listening connection is half open', async () => {
  const done: string[] = [];
  const one = await startNotes(
    queue,
    note,
    ({ payload }) => {
      done.push(payload.note);
      return Promise.resolve();
    },
    { pollMs, listenUrl: relay.url },
  );
  await until(async () => (await queue.listeners()) > 0);
  relay.swallow();
  const enqueuedAt = performance.now();
  await one.server.enqueue(note, { note: 'unheard' });
  await until(() => done.length === 1);
  expect(performance.now() - enqueuedAt).toBeLessThan(patienceMs);
});

test('it listens again once it can, and looks for what it did not hear', async () => {
  const done: string[] = [];
  const one = await startNotes(
    queue,
    note,
    ({ payload }) => {
      done.push(payload.note);
      return Promise.resolve();
    },
    { listenUrl: relay.url },
  );
  await until(async () => (await queue.listeners()) > 0);
  relay.refuse();
  relay.reset();
  await until(() => one.logLines.some(({ msg }) => String(msg).startsWith('Jobs are found by')));
  await one.server.enqueue(note, { note: 'while away' });
  relay.recover();
  // Long before the poll of 30 s.
  await until(() => done.length === 1);
});

test('a job that failed elsewhere is taken up in time by who was not told when it is due', async () => {
  const attempts: string[] = [];
  const flaky = noteJob({ concurrency: 1 });
  const handle = (name: string) => () => {
    attempts.push(name);
    return attempts.length === 1 ? Promise.reject(new Error('once')) : Promise.resolve();
  };
  const first = await startNotes(queue, flaky, handle('first'));
  await first.server.enqueue(flaky, { note: 'x' });
  await until(() => attempts.length === 1);
  await until(async () => {
    const [state] = await first.server.admin.queues();
    return state?.counts.retrying === 1;
  });
  await startNotes(queue, flaky, handle('second'));
  await first.close(0);
  await until(() => attempts.length === 2, 5_000);
});

const scheduled = (schedule: Omit<JobSchedule, 'payload'>): Job<Note> =>
  defineJob({
    name: 'test.note',
    payload: shape({ note: text(1, 100) }),
    schedule: { ...schedule, payload: { note: 'tick' } },
  });
/** As if so many seconds had gone by since the tick's time. */
const letPass = (seconds: number) =>
  queue.client.query(
    `update bulwark.job_schedules set next_at = now() - $1 * interval '1 second'`,
    [seconds],
  );

test.each([
  ['at its time', 'skip', 1, 1],
  ['late, and skips those it missed', 'skip', 7_200, 0],
  ['late, and makes up for those it missed, once', 'once', 7_200, 1],
] as const)(
  'a tick is enqueued by one of several processes: %s',
  async (_when, missed, late, jobs) => {
    const job = scheduled({ cron: '17 * * * *', missed });
    // The row of a release that was there before.
    const before = await queue.start([handleJob(job, () => Promise.resolve())], { work: true });
    await before.close();
    await letPass(late);
    let done = 0;
    const handler = handleJob(job, ({ payload }) => {
      if (payload.note === 'tick') done += 1;
      return Promise.resolve();
    });
    await Promise.all([1, 2, 3].map(() => queue.start([handler], { work: true })));
    await until(async () => {
      const { rows } = await queue.client.query<{ future: boolean }>(
        'select next_at > now() as future from bulwark.job_schedules',
      );
      return rows[0]?.future === true;
    });
    await until(async () => {
      const { rows } = await queue.client.query(`select from pgboss.job where state < 'completed'`);
      return rows.length === 0;
    });
    expect(done).toBe(jobs);
  },
);

test('a server does not start with a schedule that cannot be', async () => {
  const handler = handleJob(scheduled({ cron: '61 * * * *' }), () => Promise.resolve());
  await expect(queue.start([handler])).rejects.toThrow('schedule.cron');
  const elsewhere = scheduled({ cron: '0 3 * * *', timeZone: 'Mars/Olympus' });
  await expect(queue.start([handleJob(elsewhere, () => Promise.resolve())])).rejects.toThrow(
    'timeZone',
  );
});
