import { setTimeout as wait } from 'node:timers/promises';
import type { PgBoss } from 'pg-boss';
import { keepListening, type Database, type Executor } from '../db/index.ts';
import type { KernelConfig, Secret } from '../config/index.ts';
import { runWithLogContext, type LogContext, type Logger } from '../logging/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import type { ErrorReporter, Tracing } from '../telemetry/index.ts';
import { startAttempt, type Attempt, type Outcome } from './attempt.ts';
import { channelName } from './channel.ts';
import type { Claim } from './claim.ts';
import type { JobHandler } from './job.ts';
import type { JobMetrics } from './job-metrics.ts';
import { keepLeases, watchLeases } from './leases.ts';
import type { Minutes } from './minutes.ts';
import { createQueueWorker, type QueueWorker } from './queue-worker.ts';
import { createRateGate } from './rate-gate.ts';
import { createSettlement, type Settlement } from './settlement.ts';

export interface Workers {
  /** How many jobs are being done. */
  running(): number;
  /** Takes no further job. */
  drain(): void;
  /** Resolves when nothing runs any more; what does after `milliseconds` is handed back. */
  finish(milliseconds: number): Promise<void>;
}

export interface WorkersOptions {
  boss: PgBoss;
  executor: Executor;
  database: Database;
  /** Where jobs are listened for, past any pooler. Undefined: nowhere. */
  listenUrl: Secret | undefined;
  config: KernelConfig['jobs'];
  handlers: readonly JobHandler[];
  logger: Logger;
  metrics: JobMetrics;
  minutes: Minutes;
  scrubber: Scrubber;
  reporter: ErrorReporter;
  tracing: Tracing;
}

/** Where nobody tells of jobs. */
const unheardPollMs = 1_000;

export function startWorkers(options: WorkersOptions): Workers {
  const { boss, executor, handlers, logger, reporter } = options;
  const running = new Map<Claim, Attempt>();
  /** What was taken and is handed back without a start. */
  const returning = new Set<Promise<void>>();
  const pollMs =
    options.listenUrl === undefined
      ? Math.min(unheardPollMs, options.config.pollMs)
      : options.config.pollMs;
  let draining = false;

  function handBackUnstarted(settlement: Settlement, claim: Claim): void {
    const returned = settlement
      .handBack(claim, 0)
      .catch((error: unknown) => {
        logger.warn({ err: error, jobId: claim.id }, 'job not settled, its lease has to lapse');
      })
      .finally(() => returning.delete(returned));
    returning.add(returned);
  }

  function startWorker(handler: JobHandler): { worker: QueueWorker; settlement: Settlement } {
    const { job } = handler;
    const settlement = createSettlement(job.name, options);
    const worker = createQueueWorker({
      job,
      executor,
      pollMs,
      logger,
      gate: job.rate && createRateGate(executor, { ...job, rate: job.rate }),
      run: (claim) => runAttempt(handler, claim, settlement, options, running),
      refuse: (claim) => {
        handBackUnstarted(settlement, claim);
      },
    });
    return { worker, settlement };
  }

  const queues = handlers.map(startWorker);
  const wakeAll = () => {
    for (const { worker } of queues) worker.wake();
  };
  const listening =
    options.listenUrl &&
    keepListening(options.listenUrl, {
      applicationName: 'bulwark-jobs-listen',
      channel: channelName,
      heard(queue) {
        for (const { worker } of queues) if (worker.name === queue) worker.wake();
      },
      // Whatever was told meanwhile was not heard.
      onChange(up) {
        if (up) wakeAll();
        else if (!draining) logger.warn('Jobs are found by polling: the database tells us of none');
      },
    });
  const endLeases = keepLeases({
    boss,
    held: () => queues.map(({ worker }) => ({ queue: worker.name, claims: worker.held() })),
    lose: (claim) => running.get(claim)?.lose(),
    logger,
  });
  const endWatch = watchLeases({ ...options, reporter });
  wakeAll();

  function drain(): void {
    if (draining) return;
    draining = true;
    for (const { worker, settlement } of queues) {
      for (const claim of worker.drain()) handBackUnstarted(settlement, claim);
    }
  }

  return {
    running: () => running.size,
    drain,
    async finish(milliseconds) {
      drain();
      const idle = Promise.all(queues.map(({ worker }) => worker.idle()));
      const timer = new AbortController();
      const late = wait(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined);
      await Promise.race([idle, late]);
      timer.abort();
      await Promise.all([...running.values()].map((attempt) => attempt.giveUp()));
      await Promise.all([idle, ...returning]);
      endLeases();
      await Promise.all([listening?.close(), endWatch()]);
    },
  };
}

/** Never rejects. */
async function runAttempt(
  handler: JobHandler,
  claim: Claim,
  settlement: Settlement,
  options: WorkersOptions,
  running: Map<Claim, Attempt>,
): Promise<void> {
  const { logger, metrics, minutes, tracing } = options;
  const { name } = handler.job;
  const startedAt = performance.now();
  const context: LogContext = {
    requestId: claim.data.requestId ?? claim.id,
    userId: claim.data.caller?.id,
    traceId: undefined,
  };
  tracing.begin(context, `job ${name}`, claim.data.trace);
  const counts = metrics.of(name);
  counts.startDelay.observe(Math.max(0, claim.waitedMs) / 1_000);
  await runWithLogContext(context, async () => {
    const attempt = startAttempt(handler, claim, { ...options, settlement });
    running.set(claim, attempt);
    const outcome = await attempt.ended;
    running.delete(claim);
    const durationMs = Math.round(performance.now() - startedAt);
    minutes.count(name, outcome);
    counts.finished(outcome).add();
    counts.duration.observe(durationMs / 1_000);
    logger.info({ job: name, jobId: claim.id, outcome, durationMs }, 'job');
    tracing.end(context, spanEnd(claim, outcome));
  });
}

const spanEnd = ({ id, name, retryCount, data }: Claim, outcome: Outcome) => ({
  attributes: {
    'bulwark.job': name,
    'bulwark.job_id': id,
    'bulwark.job_attempt': retryCount + 1,
    'bulwark.job_outcome': outcome,
    'bulwark.request_id': data.requestId ?? id,
  },
  failed: outcome === 'failed' || outcome === 'dead',
});
