import type { JobWithMetadata, PgBoss, WorkOptions } from 'pg-boss';
import { setTimeout as wait } from 'node:timers/promises';
import type { Database, Executor } from '../db/index.ts';
import { validated } from '../errors/index.ts';
import { runWithLogContext, type Logger } from '../logging/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import { withFailure } from './failures.ts';
import type { JobHandler } from './job.ts';
import type { JobMetrics } from './job-metrics.ts';
import { renewSeconds, schema, withinTransaction, type Envelope } from './queue.ts';

export interface Workers {
  /** How many jobs are being done. */
  running(): number;
  /** Takes no further job. */
  drain(): void;
  finish(milliseconds: number): Promise<void>;
}

export interface WorkersOptions {
  boss: PgBoss;
  executor: Executor;
  database: Database;
  handlers: readonly JobHandler[];
  /** How long an idle worker waits before it looks again. */
  pollMs: number;
  logger: Logger;
  metrics: JobMetrics;
  scrubber: Scrubber;
}

/** The job was given to another worker, or has ended, while this attempt ran: nothing of this attempt counts. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

const lost = 'The job is no longer this attempt’s: another worker has it, or it has ended';

type Claim = JobWithMetadata<Envelope>;
type Outcome = 'done' | 'failed' | 'dead' | 'lost' | 'handed_back';

/**
 * One attempt more, as the one that was cut short is not the job's fault. The attempt's number goes up with the next claim
 * all the same, so that whatever is left of this one can settle nothing.
 */
const handBack = `
  update ${schema}.job
  set state = 'retry', start_after = now(), heartbeat_on = null, retry_limit = retry_limit + 1
  where name = $1 and id = $2 and state = 'active' and retry_count = $3`;

export function startWorkers(options: WorkersOptions): Workers {
  const { boss, executor, database, handlers, logger, metrics, scrubber } = options;
  const running = new Map<string, { settled: Promise<unknown>; giveUp: () => Promise<void> }>();
  const names = handlers.map(({ job }) => job.name);
  let draining = false;

  function perform({ job, handle }: JobHandler, claim: Claim, signal: AbortSignal) {
    return handle({
      payload: validated(job.payload, claim.data.payload, 'payload') as unknown,
      jobId: claim.id,
      attempt: claim.retryCount + 1,
      signal,
      commit: (work) =>
        database.asService(
          async (tx) => {
            const value = await work(tx);
            const settled = await boss.complete(job.name, claim, null, {
              db: withinTransaction(tx),
            });
            if (affected(settled) !== 1) throw new ClaimLost(lost);
            return value;
          },
          { signal },
        ),
    });
  }

  async function giveBack(claim: Claim): Promise<'handed_back'> {
    await executor.execute(handBack, [claim.name, claim.id, claim.retryCount]);
    return 'handed_back';
  }

  async function attempt(handler: JobHandler, claim: Claim): Promise<Outcome> {
    if (draining) return giveBack(claim);
    const stop = new AbortController();
    const handedBack = Promise.withResolvers<Outcome>();
    const work = perform(handler, claim, AbortSignal.any([claim.signal, stop.signal]));
    const settled = work.then(
      (): Outcome => 'done',
      (error: unknown) => refuse(claim, error),
    );
    running.set(claim.id, {
      settled,
      async giveUp() {
        // First the row, then the signal: what the handler does in its last moments finds the claim gone.
        try {
          handedBack.resolve(await giveBack(claim));
        } catch (error) {
          logger.warn(
            { err: error, jobId: claim.id },
            'job not handed back, its lease has to lapse',
          );
          handedBack.resolve('failed');
        } finally {
          stop.abort(new Error('The process stops'));
        }
      },
    });
    try {
      return await Promise.race([settled, handedBack.promise]);
    } finally {
      running.delete(claim.id);
    }
  }

  /** Tells the queue of a failure, without what may not be stored. */
  async function refuse(claim: Claim, error: unknown): Promise<Outcome> {
    const output = withFailure(claim.output, claim.retryCount + 1, scrubber.value(error));
    const refused = await boss.fail(claim.name, claim, output);
    const line = { job: claim.name, jobId: claim.id, attempt: claim.retryCount + 1, err: error };
    if (affected(refused) === 0) {
      logger.warn(line, 'job attempt no longer counts');
      return 'lost';
    }
    if (claim.retryCount < claim.retryLimit) {
      logger.warn(line, 'job failed, will be tried again');
      return 'failed';
    }
    logger.error(line, 'job failed for the last time');
    return 'dead';
  }

  async function run(handler: JobHandler, claim: Claim): Promise<void> {
    const startedAt = performance.now();
    await runWithLogContext({ requestId: claim.data.requestId }, async () => {
      const outcome = await attempt(handler, claim);
      const durationMs = Math.round(performance.now() - startedAt);
      metrics.finished.add({ kind: claim.name, outcome });
      metrics.duration.observe({ kind: claim.name }, durationMs / 1_000);
      logger.info({ job: claim.name, jobId: claim.id, outcome, durationMs }, 'job');
    });
  }

  /** A worker that had something to do looks at once whether there is more. */
  async function startWorker(handler: JobHandler): Promise<void> {
    const workerId = await boss.work<Envelope, undefined, WorkOptions & { includeMetadata: true }>(
      handler.job.name,
      {
        includeMetadata: true,
        pollingIntervalSeconds: options.pollMs / 1_000,
        heartbeatRefreshSeconds: renewSeconds,
      },
      async ([claim]) => {
        if (claim) await run(handler, claim);
        boss.notifyWorker(workerId);
        return undefined;
      },
    );
  }

  for (const handler of handlers) {
    for (let count = 0; count < handler.job.concurrency; count += 1) void startWorker(handler);
  }

  const endWorkers = (end: { wait: boolean }) =>
    Promise.all(names.map((name) => boss.offWork(name, end)));

  function drain(): void {
    if (draining) return;
    draining = true;
    void endWorkers({ wait: false });
  }

  return {
    running: () => running.size,
    drain,
    async finish(milliseconds) {
      drain();
      const timer = new AbortController();
      await Promise.race([
        Promise.allSettled([...running.values()].map(({ settled }) => settled)),
        wait(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined),
      ]);
      timer.abort();
      await Promise.all([...running.values()].map(({ giveUp }) => giveUp()));
      await endWorkers({ wait: true });
    },
  };
}

/** How many jobs a call has settled; the package's types leave out what it returns. */
const affected = (answer: object): number => (answer as { affected: number }).affected;
