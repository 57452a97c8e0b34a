import type { Scrubber } from '../privacy/index.ts';
import type { JobRecord, JobState } from './admin-types.ts';
import { failuresOf, isObject, textOrNull } from './failures.ts';

/** pg-boss's own words for them. */
export const storedStates: Record<JobState, string> = {
  queued: 'created',
  active: 'active',
  retrying: 'retry',
  completed: 'completed',
  failed: 'cancelled',
  dead: 'failed',
};
const stateOf = Object.fromEntries(
  Object.entries(storedStates).map(([state, stored]) => [stored, state]),
) as Record<string, JobState>;

/** As `recordColumns` reads it. */
export interface StoredJob {
  id: string;
  queue: string;
  state: string;
  retryCount: number;
  retryLimit: number;
  createdOn: Date;
  startedOn: Date | null;
  completedOn: Date | null;
  startAfter: Date;
  output: unknown;
  data: unknown;
  key: string | null;
  priority: number;
}

export const recordColumns = `
  job.id, job.name as queue, job.state::text, job.retry_count as "retryCount", job.retry_limit as "retryLimit",
  job.created_on as "createdOn", job.started_on as "startedOn", job.completed_on as "completedOn",
  job.start_after as "startAfter", job.output, job.data, job.singleton_key as key, job.priority`;

export function recordOf(job: StoredJob, scrubber: Scrubber): JobRecord {
  const state = stateOf[job.state] ?? 'failed';
  const envelope = isObject(job.data) ? job.data : {};
  const history = failuresOf(job.output);
  const waits = state === 'queued' || state === 'retrying';
  return {
    id: job.id,
    queue: job.queue,
    state,
    attempts: job.startedOn === null ? 0 : job.retryCount + 1,
    maxAttempts: job.retryLimit + 1,
    createdAt: job.createdOn,
    startedAt: job.startedOn,
    finishedAt: job.completedOn,
    nextRunAt: waits ? job.startAfter : null,
    error: history.at(-1)?.error ?? null,
    history,
    payload: scrubber.value(envelope.payload ?? null),
    requestId: textOrNull(envelope.requestId),
    callerId: isObject(envelope.caller) ? textOrNull(envelope.caller.id) : null,
    // A job without a key has one of its own, made of chance.
    key: envelope.keyed === true ? job.key : null,
    priority: job.priority,
  };
}
