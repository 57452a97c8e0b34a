import { randomUUID } from 'node:crypto';
import type { PgBoss } from 'pg-boss';
import type { KernelConfig } from '../config/index.ts';
import { createExecutor, type Database, type Executor, type Transaction } from '../db/index.ts';
import { validated } from '../errors/index.ts';
import { currentLogContext, type Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import { createJobsAdmin } from './admin.ts';
import type { JobsAdmin } from './admin-types.ts';
import { jobFaults, type Job, type JobHandler } from './job.ts';
import { createQueue, declareQueues, withinTransaction, type Envelope } from './queue.ts';
import { createJobMetrics } from './job-metrics.ts';
import { startWorkers, type Workers } from './workers.ts';

export interface EnqueueOptions {
  /** Enqueue as part of this transaction: without its commit there is no job. */
  tx?: Transaction;
  /** At most one job of this key waits or runs at a time; another one is not enqueued. */
  key?: string;
}

/** What features may do with the queue. */
export interface Jobs {
  /**
   * Resolves with the job's id, or null where one with the same key is waiting or running already. Throws
   * VALIDATION_FAILED for a payload that is not what the job declares.
   */
  enqueue<P>(job: Job<P>, payload: P, options?: EnqueueOptions): Promise<string | null>;
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

/** Statements of the queue are short; this many at a time are plenty. */
const connections = 2;

export function createJobs(options: {
  config: KernelConfig['jobs'];
  databaseConfig: KernelConfig['database'];
  database: Database;
  logger: Logger;
  metrics: Metrics;
  scrubber: Scrubber;
}): JobsServer {
  const { config, databaseConfig, logger } = options;
  let handlers: readonly JobHandler[] = [];
  let executor: Executor | undefined;
  let boss: PgBoss | undefined;
  let workers: Workers | undefined;
  const metrics = createJobMetrics(options.metrics, () => workers?.running() ?? 0);

  return {
    admin: createJobsAdmin({ ...options, jobs: () => handlers.map(({ job }) => job) }),
    serve(declared) {
      const faults = jobFaults(declared);
      if (faults.length > 0) throw new Error(`Jobs are not fully declared:\n${faults.join('\n')}`);
      handlers = declared;
    },
    async start({ work }) {
      if (handlers.length === 0) return;
      executor = createExecutor(databaseConfig, {
        logger,
        applicationName: 'bulwark-jobs',
        connections,
      });
      boss = createQueue(executor, logger, work);
      await boss.start();
      await declareQueues(
        boss,
        handlers.map(({ job }) => job),
      );
      if (work)
        workers = startWorkers({
          ...options,
          metrics,
          boss,
          executor,
          handlers,
          pollMs: config.pollMs,
        });
    },
    async enqueue(job, payload, { tx, key } = {}) {
      if (boss === undefined || !handlers.some((handler) => handler.job.name === job.name)) {
        throw new Error(`No module of this server declares the job ${job.name}`);
      }
      const envelope: Envelope = {
        requestId: currentLogContext()?.requestId ?? randomUUID(),
        ...(key === undefined ? {} : { keyed: true }),
        payload: validated(job.payload, payload, 'payload') as unknown,
      };
      const jobId = await boss.send(job.name, envelope, {
        singletonKey: key ?? randomUUID(),
        ...(tx === undefined ? {} : { db: withinTransaction(tx) }),
      });
      if (jobId !== null) metrics.enqueued.add({ kind: job.name });
      return jobId;
    },
    drain() {
      workers?.drain();
    },
    async finish(milliseconds) {
      await workers?.finish(milliseconds);
    },
    async close() {
      await boss?.stop({ graceful: false, close: false });
      await executor?.close();
    },
  };
}
