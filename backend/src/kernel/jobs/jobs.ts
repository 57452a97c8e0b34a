import { randomUUID } from 'node:crypto';
import type { PgBoss } from 'pg-boss';
import type { KernelConfig } from '../config/index.ts';
import { createExecutor, type Database, type Executor } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import type { ErrorReporter, Tracing } from '../telemetry/index.ts';
import { createJobsAdmin } from './admin.ts';
import { sealed } from './envelope.ts';
import type { Job, JobCaller, JobHandler } from './job.ts';
import { jobFaults } from './job-faults.ts';
import { createJobMetrics } from './job-metrics.ts';
import { createMinutes, type Minutes } from './minutes.ts';
import { measureQueues } from './queue-metrics.ts';
import { createQueue, declareQueues, withinTransaction } from './queue.ts';
import { startSchedules } from './schedules.ts';
import type { EnqueueOptions, JobsServer } from './types.ts';
import { startWorkers, type Workers } from './workers.ts';

/** Statements of the queue are short; this many at a time are plenty. */
const connections = 4;

/** $1 queue, $2 keys. */
const openKeys = `
  select singleton_key as key from pgboss.job_common
  where name = $1 and singleton_key = any($2) and state < 'completed'`;

export function createJobs(options: {
  config: KernelConfig['jobs'];
  databaseConfig: KernelConfig['database'];
  database: Database;
  logger: Logger;
  metrics: Metrics;
  scrubber: Scrubber;
  reporter: ErrorReporter;
  tracing: Tracing;
}): JobsServer {
  const { databaseConfig, database, logger, tracing } = options;
  let handlers: readonly JobHandler[] = [];
  let executor: Executor | undefined;
  let boss: PgBoss | undefined;
  let workers: Workers | undefined;
  let minutes: Minutes | undefined;
  let endSchedules: (() => Promise<void>) | undefined;
  const declared = () => handlers.map(({ job }) => job);
  const metrics = createJobMetrics(options.metrics, () => workers?.running() ?? 0);
  const admin = createJobsAdmin({ ...options, jobs: declared });
  measureQueues(options.metrics, { admin, open: () => boss !== undefined, logger });

  function queueOf(job: Job): PgBoss {
    if (boss === undefined || !declared().some(({ name }) => name === job.name))
      throw new Error(`No module of this server declares the job ${job.name}`);
    return boss;
  }
  const letter = (job: Job, payload: unknown, key: string | undefined, about: EnqueueOptions) =>
    sealed(job, payload, { key, caller: asJobCaller(about.caller), tracing });

  return {
    admin,
    serve(served) {
      const faults = jobFaults(served);
      if (faults.length > 0) throw new Error(`Jobs are not fully declared:\n${faults.join('\n')}`);
      handlers = served;
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
      await declareQueues(boss, declared());
      if (!work) return;
      minutes = createMinutes(executor, logger);
      const { listenUrl } = databaseConfig;
      workers = startWorkers({ ...options, listenUrl, metrics, minutes, boss, executor, handlers });
      endSchedules = await startSchedules({ database, boss, jobs: declared(), logger });
    },
    async enqueue(job, payload, about = {}) {
      const id = await queueOf(job).send(job.name, letter(job, payload, about.key, about), {
        singletonKey: about.key ?? randomUUID(),
        ...sending(about),
      });
      if (id !== null) metrics.enqueued.add({ kind: job.name });
      return id;
    },
    async enqueueAll(job, items, about = {}) {
      const { db, ...common } = sending(about);
      const jobs = items.map(({ payload, key }) => ({
        data: letter(job, payload, key, about),
        singletonKey: key ?? randomUUID(),
        ...common,
      }));
      const ids = await queueOf(job).insert(job.name, jobs, {
        returnId: true,
        ...(db && { db }),
      });
      const count = ids?.length ?? 0;
      metrics.enqueued.add({ kind: job.name }, count);
      return count;
    },
    async openKeys(job, keys) {
      queueOf(job);
      const { rows = [] } = (await executor?.execute(openKeys, [job.name, keys])) ?? {};
      return new Set(rows.map((row) => (row as { key: string }).key));
    },
    drain() {
      void endSchedules?.();
      workers?.drain();
    },
    async finish(milliseconds) {
      await Promise.all([endSchedules?.(), workers?.finish(milliseconds)]);
    },
    async close() {
      await minutes?.close();
      await boss?.stop({ graceful: false, close: false });
      await executor?.close();
    },
  };
}

const sending = ({ tx, priority, delaySeconds }: EnqueueOptions) => ({
  ...(tx === undefined ? {} : { db: withinTransaction(tx) }),
  ...(priority === undefined ? {} : { priority }),
  ...(delaySeconds === undefined ? {} : { startAfter: delaySeconds }),
});

function asJobCaller(caller: EnqueueOptions['caller']): JobCaller | undefined {
  if (caller === undefined || 'id' in caller) return caller;
  return { id: caller.userId, role: caller.role };
}
