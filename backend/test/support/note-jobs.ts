import { setTimeout as wait } from 'node:timers/promises';
import { defineJob, handleJob, type Job, type JobInput } from '../../src/kernel/jobs/index.ts';
import { shape, text } from '../../src/kernel/schema/index.ts';
import type { JobProcess, JobProcessOptions, TestQueue } from './open-jobs.ts';

export interface Note {
  note: string;
}

/** The same kind of job, declared as different releases may. Its retries come without a pause of their own. */
export const noteJob = (
  how: Partial<Omit<Job, 'name' | 'payload' | 'example' | 'schedule'>> = {},
): Job<Note> =>
  defineJob({
    name: 'test.note',
    payload: shape({ note: text(1, 100) }),
    retryDelaySeconds: 0,
    ...how,
  });

/** A process that does this job. */
export const startNotes = (
  queue: TestQueue,
  job: Job<Note>,
  handle: (input: JobInput<Note>) => Promise<unknown>,
  options: JobProcessOptions = {},
): Promise<JobProcess> => queue.start([handleJob(job, handle)], { work: true, ...options });

/** Looks until it is so. */
export async function until(
  isSo: () => Promise<boolean> | boolean,
  patienceMs = 15_000,
): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`It never came: ${String(isSo)}`);
    await wait(20);
  }
}

/** As an operator sees it. */
export const becomes = (from: JobProcess, id: string | null, state: string): Promise<void> =>
  until(async () => (await from.server.admin.get(String(id)))?.state === state);
