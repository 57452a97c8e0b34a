import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../../backend/src/kernel/db/index.ts';
import type { JobHandler } from '../../../backend/src/kernel/jobs/index.ts';
import { defineJob, handleJob, Joi, shape, text } from './open-jobs.ts';

/** What each attempt and each effect leaves behind. */
export const jobTables = `
  create table public.job_attempts (
    key text not null, attempt int not null, pid int not null, at timestamptz not null default clock_timestamp(), delay_ms float);
  create table public.job_effects (key text not null);
  grant all on public.job_attempts, public.job_effects to service_role`;

/** Works for `ms` milliseconds, then leaves one row of its key in the transaction that completes it. */
export const effect = defineJob({
  name: 'prove.effect',
  payload: shape({ key: text(1, 100), ms: Joi.number().integer().min(0).max(60_000) }),
  attempts: 50,
  retryDelaySeconds: 0,
  concurrency: 8,
});

/** Fails always. */
export const poison = defineJob({
  name: 'prove.poison',
  payload: shape({ key: text(1, 100) }),
  retryDelaySeconds: 0,
});

/** Leaves when it was started, and nothing else. */
export const started = defineJob({
  name: 'prove.started',
  payload: shape({ key: text(1, 100), sentAt: Joi.number() }),
  concurrency: 4,
});

/** Leaves one row of its key, in batches. */
export const short = defineJob({
  name: 'prove.short',
  payload: shape({ key: text(1, 100) }),
  concurrency: 8,
  batch: 50,
});

export function proveHandlers(db: Database): JobHandler[] {
  const attempted = (key: string, attempt: number, delayMs: number | null = null) =>
    db.asService((tx) =>
      tx.query(
        'insert into public.job_attempts (key, attempt, pid, delay_ms) values ($1, $2, $3, $4)',
        [key, attempt, process.pid, delayMs],
      ),
    );
  const leave = 'insert into public.job_effects values ($1)';
  return [
    handleJob(effect, async ({ payload: { key, ms }, attempt, commit }) => {
      await attempted(key, attempt);
      // Without a look at the signal: a worker that was told to stop must be fenced, not asked.
      await wait(ms);
      await commit((tx) => tx.query(leave, [key]));
    }),
    handleJob(poison, async ({ payload: { key }, attempt }) => {
      await attempted(key, attempt);
      throw new Error(`no way for ${key} of cook@example.com, password=hunter2`);
    }),
    handleJob(started, async ({ payload: { key, sentAt }, attempt }) => {
      const delayMs = performance.timeOrigin + performance.now() - sentAt;
      await attempted(key, attempt, delayMs);
    }),
    handleJob(short, async ({ payload: { key }, commit }) => {
      await commit((tx) => tx.query(leave, [key]));
    }),
  ];
}
