import { PgBoss } from 'pg-boss';
import type { Executor, Transaction } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Job } from './job.ts';

/** A claimed job whose holder shows no life for this long goes to another worker. pg-boss takes no shorter time. */
export const leaseSeconds = 10;
/** How often a holder shows life. */
export const renewSeconds = 3;
const longestRetryDelaySeconds = 3_600;
/** What is dead or was discarded; what was completed goes sooner. */
const keepEndedSeconds = 90 * 24 * 3_600;
/** Our own limit comes first: pg-boss's is for a worker that no longer keeps its own. */
const timeoutMarginSeconds = 60;
const schema = 'pgboss';

/**
 * pg-boss on our connections. Its tables are a kernel migration: it never changes the schema by itself.
 * @param work Whether it also tends the queue: what was kept long enough is deleted.
 */
export function createQueue(executor: Executor, logger: Logger, work: boolean): PgBoss {
  const boss = new PgBoss({
    db: { executeSql: (sql, values) => executor.execute(sql, values) },
    schema,
    migrate: false,
    createSchema: false,
    schedule: false,
    supervise: work,
  });
  boss.on('error', (error) => {
    logger.warn({ err: error }, 'The job queue has a fault');
  });
  boss.on('warning', ({ message }) => {
    logger.warn({ reason: message }, 'The job queue warns');
  });
  return boss;
}

/** Makes the queues of these jobs, or brings them up to what is declared now. Processes may do it at once. */
export async function declareQueues(boss: PgBoss, jobs: readonly Job[]): Promise<void> {
  for (const job of jobs) {
    const options = {
      retryLimit: job.attempts - 1,
      retryDelay: job.retryDelaySeconds,
      // Doubles, and adds up to as much again by chance, so that what failed together does not come back together.
      retryBackoff: true,
      retryDelayMax: longestRetryDelaySeconds,
      expireInSeconds: Math.ceil(job.timeoutSeconds) + timeoutMarginSeconds,
      heartbeatSeconds: leaseSeconds,
      deleteAfterSeconds: keepEndedSeconds,
      notify: true,
    };
    // Of one key at most one is waiting or running.
    await boss.createQueue(job.name, { policy: 'exclusive', ...options });
    await boss.updateQueue(job.name, options);
  }
}

/** For the queue's statements inside a feature's transaction, which has the rights of a caller. */
export const withinTransaction = (tx: Transaction) => ({
  executeSql: (sql: string, values: unknown[] = []) => tx.queryAsLogin(sql, values),
});
