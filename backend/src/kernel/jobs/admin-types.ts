/**
 * Where a job is in its life:
 * `queued` was never tried · `active` is being done · `retrying` waits for another attempt · `completed` ·
 * `dead` failed at its last attempt and waits for somebody to redrive or discard it · `failed` was discarded: nothing is done
 * about it any more, it is kept for the record.
 */
export const jobStates = ['queued', 'active', 'retrying', 'completed', 'failed', 'dead'] as const;
export type JobState = (typeof jobStates)[number];

export interface QueueState {
  name: string;
  /** `completed` is of the last 24 hours; the others are what is there now. */
  counts: Record<JobState, number>;
  /** How long the job that is longest due has been waiting; null where none is due. */
  oldestSeconds: number | null;
  paused: boolean;
  pausedAt: Date | null;
  /** Jobs that one process does at a time; 0 where this release no longer knows the queue. */
  concurrency: number;
  /** Means of the last five minutes. Failures are failed attempts. */
  processedPerMinute: number;
  failuresPerMinute: number;
}

export interface JobMinute {
  at: Date;
  completed: number;
  failed: number;
}

/** Scrubbed before it was stored. */
export interface JobError {
  name: string;
  message: string;
  code?: string;
}

export interface FailedAttempt {
  /** 1 for the first. */
  attempt: number;
  at: Date | null;
  error: JobError;
}

export interface JobRecord {
  id: string;
  queue: string;
  state: JobState;
  /** Attempts begun so far, those that were handed back included, as they are in `maxAttempts`. */
  attempts: number;
  maxAttempts: number;
  createdAt: Date;
  /** Of the last attempt. */
  startedAt: Date | null;
  finishedAt: Date | null;
  /** When it may be tried, of what waits. */
  nextRunAt: Date | null;
  /** Of the last failed attempt. */
  error: JobError | null;
  /** The last 20 failed attempts, oldest first. */
  history: FailedAttempt[];
  /** Scrubbed. */
  payload: unknown;
  requestId: string | null;
  callerId: string | null;
  /** What it was enqueued under so that there is one of it at a time; null where it was not. */
  key: string | null;
  /** The higher, the sooner. */
  priority: number;
}

export interface JobFilter {
  queue?: string;
  state: JobState;
  /** Part of an id, a key, a request id, an error or the payload; letter case is ignored. */
  search?: string;
  /** 1 to 500. */
  limit: number;
  /** `next` of the page before. */
  cursor?: string;
}

/**
 * The queue as operators see it, of all processes. Unknown ids and names are ignored: the counts say what was done. Rejects
 * with the AppErrors of `Database.statement`, and VALIDATION_FAILED for a cursor that was not ours.
 */
export interface JobsAdmin {
  queues(): Promise<QueueState[]>;
  /** One entry for each of the last `minutes`, oldest first; of all queues where none is named. */
  throughput(queue: string | undefined, minutes: number): Promise<JobMinute[]>;
  /** No process takes a further job of this queue, also after a restart. Jobs under way end. False: there is no such queue. */
  pause(queue: string): Promise<boolean>;
  resume(queue: string): Promise<boolean>;
  /** Newest first. */
  list(filter: JobFilter): Promise<{ jobs: JobRecord[]; next: string | null }>;
  get(id: string): Promise<JobRecord | undefined>;
  /** Runs them now: what waits for its time, and with a full set of attempts what is dead or was discarded. */
  retry(ids: readonly string[]): Promise<number>;
  /**
   * Dead jobs back into the queue, under the same id and with a full set of attempts; each once, however many redrive it at
   * a time. A job whose key is waiting or running again stays where it is.
   */
  redrive(which: { ids: readonly string[] } | { queue: string } | { all: true }): Promise<number>;
  /** Gives up what is dead or waits. Active jobs stay. */
  discard(ids: readonly string[]): Promise<number>;
}
