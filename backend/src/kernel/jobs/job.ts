import type { RowIdentity, Transaction } from '../db/index.ts';
import type { Infer, Schema } from '../schema/index.ts';

/** Jobs of this kind start evenly spaced, counted over all processes and all kinds that name the same provider. */
export interface JobRate {
  /** The provider's name, such as `justtcg`. */
  per: string;
  /** At most so many starts in any minute. 1 to 6000. */
  perMinute: number;
}

/** When a job is enqueued by itself. */
export interface JobSchedule {
  /** Five fields: minute, hour, day, month, weekday. Each tick is enqueued by one process, under the key `schedule`. */
  cron: string;
  /** Default `UTC`. */
  timeZone?: string;
  /**
   * What becomes of ticks at which no process was there: `skip` them, or make up for them `once`, however many they were.
   * Default `skip`.
   */
  missed?: 'skip' | 'once';
  payload: unknown;
}

/** A kind of work that can wait: what is enqueued. Its payload is checked on the way in and on the way out. */
export interface Job<P = unknown> {
  /** `<module>.<verb>`, such as `receipts.send`: the name of its queue. */
  readonly name: string;
  /** Of this version. */
  readonly payload: Schema;
  /**
   * Goes up by one when the payload changes so that older code could not read it, or newer code no older one. Workers leave
   * what is of a newer version than theirs to newer workers. Default 1.
   */
  readonly version: number;
  /** By version: makes of its payload that of the next one. There must be one for each version before the present one. */
  readonly upgrade: Readonly<Record<number, (payload: unknown) => unknown>>;
  /** Attempts in all; a job that fails at the last one is dead until somebody redrives it. Default 5. */
  readonly attempts: number;
  /** Before the second attempt, in seconds, up to twice as long by chance; doubled for each one after it, up to an hour. Default 1. */
  readonly retryDelaySeconds: number;
  /** An attempt that takes longer is aborted and counts as failed. Default 300. */
  readonly timeoutSeconds: number;
  /** How many one process runs at a time. Default 2. */
  readonly concurrency: number;
  /** How many one process takes from the queue at a time, for jobs of milliseconds. Those that cannot run yet wait in it. Default 1. */
  readonly batch: number;
  readonly rate: JobRate | undefined;
  readonly schedule: JobSchedule | undefined;
  /** Carries the type. */
  readonly example?: P;
}

type JobDefinition<S extends Schema> = { name: string; payload: S } & Partial<
  Omit<Job, 'name' | 'payload' | 'example' | 'schedule'>
> & { schedule?: Omit<JobSchedule, 'payload'> & { payload: Infer<S> } };

/** Who asked for the job. */
export interface JobCaller {
  id: string;
  role: 'user' | 'admin' | 'service';
}

export interface CommitOptions {
  /**
   * Whose rights `work` has: `service` (default), or the `caller` under row-level security, with the id and role that they
   * had when they asked. A session that has ended since, or a ban, is not looked at. Rejects where there was no caller.
   */
  as?: 'service' | 'caller';
}

/** What a handler is given. */
export interface JobInput<P> {
  payload: P;
  /** The same for every attempt, also after a redrive: a key for effects outside of our database. */
  jobId: string;
  /** 1 for the first. Counts also those that do not use up one of the job's, such as one that was postponed. */
  attempt: number;
  /** Should this one fail, the job is dead. */
  isLastAttempt: boolean;
  /** Of the request that enqueued it. */
  requestId: string;
  /** Null where nobody signed in asked for it. */
  caller: (JobCaller & { rows: RowIdentity }) | null;
  /** Fires when the attempt takes too long, when another worker has taken the job over, and when the process stops. */
  signal: AbortSignal;
  /**
   * Does `work` and completes the job in one transaction. Both happen or neither, once, whatever becomes of the process.
   * Rejects with ClaimLost, and nothing done, where the job is no longer this attempt's.
   */
  commit<T>(work: (tx: Transaction) => Promise<T>, options?: CommitOptions): Promise<T>;
}

/** A kind of job with the code that does it, types folded away. */
export interface JobHandler {
  readonly job: Job;
  readonly handle: (input: JobInput<unknown>) => Promise<unknown>;
}

/** Thrown by a handler: the job goes back to the queue for so long, and the attempt does not count. */
export class JobPostponed extends Error {
  override readonly name = 'JobPostponed';
  readonly seconds: number;

  constructor(seconds: number, reason = 'The job was postponed') {
    super(reason);
    this.seconds = Math.max(0, seconds);
  }
}

const defaults = {
  version: 1,
  upgrade: {},
  attempts: 5,
  retryDelaySeconds: 1,
  timeoutSeconds: 300,
  concurrency: 2,
  batch: 1,
  rate: undefined,
  schedule: undefined,
};

/** Declares a kind of job. The declaration can be enqueued anywhere; `handleJob` says who does the work. */
export function defineJob<S extends Schema>(definition: JobDefinition<S>): Job<Infer<S>> {
  return { ...defaults, ...definition };
}

/**
 * The code behind a kind of job, for the `jobs` of a module. A job is delivered at least once: what it does must be done in
 * `commit`, which happens once, or be harmless when it is done again. A handler that returns completes the job.
 */
export function handleJob<P>(
  job: Job<P>,
  handle: (input: JobInput<P>) => Promise<unknown>,
): JobHandler {
  // The handler only ever sees payloads that passed the job's own schema.
  return { job, handle: handle as JobHandler['handle'] };
}
