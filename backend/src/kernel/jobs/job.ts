import type { Transaction } from '../db/index.ts';
import type { Infer, Schema } from '../schema/index.ts';

/** A kind of work that can wait: what is enqueued. Its payload is checked on the way in and on the way out. */
export interface Job<P = unknown> {
  /** `<module>.<verb>`, such as `receipts.send`: the name of its queue. */
  readonly name: string;
  readonly payload: Schema;
  /** Attempts in all; a job that fails at the last one is dead until somebody redrives it. Default 5. */
  readonly attempts: number;
  /** Before the first retry, in seconds; doubled for each one after it, up to an hour. Default 1. */
  readonly retryDelaySeconds: number;
  /** An attempt that takes longer is aborted and counts as failed. Default 300. */
  readonly timeoutSeconds: number;
  /** How many one process runs at a time. Default 2. */
  readonly concurrency: number;
  /** Carries the type. */
  readonly example?: P;
}

type JobDefinition<S extends Schema> = { name: string; payload: S } & Partial<
  Pick<Job, 'attempts' | 'retryDelaySeconds' | 'timeoutSeconds' | 'concurrency'>
>;

/** What a handler is given. */
export interface JobInput<P> {
  payload: P;
  /** The same for every attempt: a key for effects outside of our database. */
  jobId: string;
  /** 1 for the first. */
  attempt: number;
  /** Fires when the attempt takes too long, when another worker has taken the job over, and when the process stops. */
  signal: AbortSignal;
  /**
   * Does `work` and completes the job in one transaction, as `service_role`. Both happen or neither, once, whatever
   * becomes of the process. Rejects with ClaimLost, and nothing done, where the job is no longer this attempt's.
   */
  commit<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** A kind of job with the code that does it, types folded away. */
export interface JobHandler {
  readonly job: Job;
  readonly handle: (input: JobInput<unknown>) => Promise<unknown>;
}

/** Declares a kind of job. The declaration can be enqueued anywhere; `handleJob` says who does the work. */
export function defineJob<S extends Schema>(definition: JobDefinition<S>): Job<Infer<S>> {
  return { attempts: 5, retryDelaySeconds: 1, timeoutSeconds: 300, concurrency: 2, ...definition };
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

const goodName = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/;

/** Faults in what jobs declare, one line each. The server does not start while there is one. */
export function jobFaults(handlers: readonly JobHandler[]): string[] {
  const seen = new Set<string>();
  return handlers.flatMap(({ job }) => {
    const faults: string[] = [];
    if (!goodName.test(job.name)) faults.push(`job ${job.name}: name it <module>.<verb>`);
    if (seen.has(job.name)) faults.push(`job ${job.name}: declared twice`);
    if (job.concurrency < 1) faults.push(`job ${job.name}: concurrency must be at least 1`);
    if (job.attempts < 1) faults.push(`job ${job.name}: attempts must be at least 1`);
    seen.add(job.name);
    return faults;
  });
}
