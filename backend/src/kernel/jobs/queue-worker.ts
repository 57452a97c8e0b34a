import { claimJobs, type Claim, type ClaimRow, type EmptyRow } from './claim.ts';
import type { Executor } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Job } from './job.ts';
import type { RateGate } from './rate-gate.ts';

/** Takes jobs of one kind from the queue, as many as this process may hold, and starts them. */
export interface QueueWorker {
  readonly name: string;
  /** Looks whether there is something to do, now. */
  wake(): void;
  /** What it holds, also what has not been started. */
  held(): readonly Claim[];
  /** Resolves when what it holds has ended, and nothing more is being taken. */
  idle(): Promise<void>;
  /** Takes no further job. What was not started is returned, to be handed back. */
  drain(): Claim[];
}

export interface QueueWorkerOptions {
  job: Job;
  executor: Executor;
  /** How long it waits without being told of a job. */
  pollMs: number;
  logger: Logger;
  gate: RateGate | undefined;
  /** Does the job to its end. Never rejects. */
  run(claim: Claim): Promise<void>;
  /** A claim that came too late: this process takes no more. */
  refuse(claim: Claim): void;
}

/** After a fault of the database. */
const pauseAfterFaultMs = 1_000;
/** So that processes that were started together do not look together. */
const pollJitter = 0.1;

export function createQueueWorker(options: QueueWorkerOptions): QueueWorker {
  const { job, executor, pollMs, logger, gate } = options;
  // The next batch is taken while this one is done: the database and the handlers work at the same time.
  const capacity = job.concurrency + (job.batch > 1 ? job.batch : 0);
  const atOnce = Math.max(job.concurrency, job.batch);
  const waiting: Claim[] = [];
  const running = new Set<Claim>();
  const whenIdle: (() => void)[] = [];
  let draining = false;
  let looking = false;
  /** There may be more in the queue than was taken. */
  let more = true;
  let soon = false;
  let timer: NodeJS.Timeout | undefined;

  const room = () => capacity - waiting.length - running.size;
  const wanting = () => !draining && room() >= job.batch;
  const later = (ms: number) => {
    clearTimeout(timer);
    if (!draining) timer = setTimeout(wake, Math.max(1, ms));
  };
  const poll = () => pollMs * (1 - pollJitter + 2 * pollJitter * Math.random());

  async function look(): Promise<void> {
    looking = true;
    try {
      while (more && wanting()) {
        more = false;
        const permit = gate && (await gate.take());
        if (permit !== undefined && permit.kind === 'wait') {
          later(Math.min(permit.ms, poll()));
          return;
        }
        const limit = permit === undefined ? Math.min(room(), atOnce) : 1;
        const taken = await claim(limit);
        if (permit !== undefined && taken.claims.length === 0) void gate?.giveBack(permit);
        if (taken.claims.length === limit) more = true;
        later(Math.min(taken.dueMs, poll()));
      }
    } catch (error) {
      more = true;
      later(pauseAfterFaultMs);
      logger.warn({ err: error, job: job.name }, 'Jobs could not be taken from the queue');
    } finally {
      looking = false;
      settle();
    }
  }

  async function claim(limit: number): Promise<{ claims: Claim[]; dueMs: number }> {
    const { rows } = await executor.execute(claimJobs, [job.name, limit, job.version]);
    const taken = rows as unknown as (ClaimRow | EmptyRow)[];
    const claims = taken.filter((row): row is ClaimRow => row.id !== null);
    claims.sort((a, b) => b.priority - a.priority || a.createdOn.getTime() - b.createdOn.getTime());
    if (draining) for (const late of claims) options.refuse(late);
    else waiting.push(...claims);
    startWaiting();
    return { claims, dueMs: taken[0]?.dueMs ?? Infinity };
  }

  function startWaiting(): void {
    while (running.size < job.concurrency) {
      const next = waiting.shift();
      if (next === undefined) return;
      running.add(next);
      void options.run(next).finally(() => {
        running.delete(next);
        startWaiting();
        lookSoon();
        settle();
      });
    }
  }

  function wake(): void {
    more = true;
    if (!looking && !draining) void look();
  }

  /** What ends in the same turn of the loop makes room together. */
  function lookSoon(): void {
    if (!more || soon) return;
    soon = true;
    setImmediate(() => {
      soon = false;
      if (!looking && more && wanting()) void look();
    });
  }

  function settle(): void {
    if (looking || running.size > 0 || waiting.length > 0) return;
    for (const tell of whenIdle.splice(0)) tell();
  }

  return {
    name: job.name,
    wake,
    held: () => [...running, ...waiting],
    idle: () =>
      new Promise((resolve) => {
        whenIdle.push(resolve);
        settle();
      }),
    drain() {
      draining = true;
      clearTimeout(timer);
      return waiting.splice(0);
    },
  };
}
