import type { Transaction } from '../db/index.ts';
import type { JobsAdmin } from './admin-types.ts';
import type { Job, JobCaller, JobHandler } from './job.ts';

export interface EnqueueOptions {
  /** Enqueue as part of this transaction: without its commit there is no job. */
  tx?: Transaction;
  /** At most one job of this key waits or runs at a time; another one is not enqueued. */
  key?: string;
  /** The higher, the sooner. Default 0. */
  priority?: number;
  /** Not to be started before so many seconds. Default 0. */
  delaySeconds?: number;
  /**
   * Who asks, where the handler acts for them: a `UserCaller` is one by its `userId` and `role`. By default the signed-in
   * user of the current request, with the rights of a user and no more.
   */
  caller?: JobCaller | { kind: 'user'; userId: string; role: JobCaller['role'] };
}

/** What features may do with the queue. */
export interface Jobs {
  /**
   * Resolves with the job's id, or null where one with the same key is waiting or running already. Throws
   * VALIDATION_FAILED for a payload that is not what the job declares.
   */
  enqueue<P>(job: Job<P>, payload: P, options?: EnqueueOptions): Promise<string | null>;
  /** Many at once, in one statement. Resolves with how many were enqueued: those whose key is taken are not. */
  enqueueAll<P>(
    job: Job<P>,
    items: readonly { payload: P; key?: string }[],
    options?: Omit<EnqueueOptions, 'key'>,
  ): Promise<number>;
  /** Which of these keys have a job that waits or runs. */
  openKeys(job: Job, keys: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface JobsServer extends Jobs {
  /** The queue as operators see it. */
  readonly admin: JobsAdmin;
  /** What the modules declare; throws where a declaration is incomplete. Call it before `start`. */
  serve(handlers: readonly JobHandler[]): void;
  /** Opens the queue and, with `work`, does the jobs in this process. Nothing happens where none is declared. */
  start(options: { work: boolean }): Promise<void>;
  /** Takes no further job from now on. */
  drain(): void;
  /** Resolves when running jobs are done; those that are not after `milliseconds` go back to the queue at once. */
  finish(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}
