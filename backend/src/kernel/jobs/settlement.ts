import { setTimeout as wait } from 'node:timers/promises';
import type { PgBoss } from 'pg-boss';
import type { Executor, Transaction } from '../db/index.ts';
import { currentLogContext, type Logger } from '../logging/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import { channelName } from './channel.ts';
import { handBack, type Claim } from './claim.ts';
import { createCompletions } from './completions.ts';
import { withFailure } from './failures.ts';
import { leaseSeconds, withinTransaction } from './queue.ts';
import type { ErrorReporter } from '../telemetry/index.ts';

/** How attempts end, in the database. Each way is fenced: it does nothing where the job is no longer this attempt's. */
export interface Settlement {
  /** Resolves with whether the job was still held. */
  complete(claim: Claim): Promise<boolean>;
  completeWithin(tx: Transaction, claim: Claim): Promise<boolean>;
  fail(claim: Claim, error: unknown): Promise<'failed' | 'dead' | 'lost'>;
  /** Another worker may have it after so many seconds. */
  handBack(claim: Claim, seconds: number): Promise<void>;
}

const pauseMs = 500;

export function createSettlement(
  queue: string,
  services: {
    boss: PgBoss;
    executor: Executor;
    scrubber: Scrubber;
    reporter: ErrorReporter;
    logger: Logger;
  },
): Settlement {
  const { boss, executor, scrubber, reporter, logger } = services;

  const complete = createCompletions(async (claims) => {
    const settled = new Set<string>();
    // The failures of earlier attempts stay with a job that has succeeded at last.
    for (const group of groupedByOutput(claims)) {
      const answer = await persistently(() =>
        boss.complete(queue, [...group], keptOutput(group[0]?.output)),
      );
      for (const id of idsIn(answer)) settled.add(id);
    }
    return settled;
  });

  return {
    complete,
    async completeWithin(tx, claim) {
      const answer = await boss.complete(queue, claim, keptOutput(claim.output), {
        db: withinTransaction(tx),
      });
      return idsIn(answer).length === 1;
    },
    async fail(claim, error) {
      const attempt = claim.retryCount + 1;
      const output = withFailure(claim.output, attempt, scrubber.value(error));
      const answer = await persistently(() => boss.fail(queue, claim, output));
      const line = { job: queue, jobId: claim.id, attempt, err: error };
      if (idsIn(answer).length === 0) {
        logger.warn(line, 'job attempt no longer counts');
        return 'lost';
      }
      if (claim.retryCount < claim.retryLimit) {
        logger.warn(line, 'job failed, will be tried again');
        // The others do not know yet when it is due.
        await tellAll(executor, queue).catch(() => undefined);
        return 'failed';
      }
      logger.error(line, 'job failed for the last time');
      reporter.report(error, {
        kind: 'job',
        code: 'JOB_DEAD',
        route: queue,
        requestId: claim.data.requestId,
        userId: claim.data.caller?.id,
        traceId: currentLogContext()?.traceId,
      });
      return 'dead';
    },
    async handBack(claim, seconds) {
      const values = [queue, claim.id, claim.retryCount, seconds, channelName];
      await executor.execute(handBack, values);
    },
  };
}

/** Wakes the workers of a queue in all processes. */
const tellAll = (executor: Executor, queue: string) =>
  executor.execute('select pg_notify($1, $2)', [channelName, queue]);

/** Over a moment without the database. Once the lease has lapsed there is nothing left to settle. */
async function persistently<T>(settle: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + leaseSeconds * 1_000;
  for (;;) {
    try {
      return await settle();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await wait(pauseMs);
    }
  }
}

function groupedByOutput(claims: readonly Claim[]): (readonly Claim[])[] {
  const fresh = claims.filter(({ output }) => output === null);
  const failedBefore = claims.filter(({ output }) => output !== null);
  return [...(fresh.length > 0 ? [fresh] : []), ...failedBefore.map((claim) => [claim])];
}

const keptOutput = (output: unknown): object | null => output ?? null;

/** Which jobs a call has settled; the package's types leave out what it returns. */
const idsIn = (answer: object): readonly string[] =>
  (answer as { settled?: readonly string[] }).settled ?? [];
