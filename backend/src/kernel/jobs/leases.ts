import type { PgBoss } from 'pg-boss';
import type { Executor } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';
import type { ErrorReporter } from '../telemetry/index.ts';
import { channelName } from './channel.ts';
import { lapseClaims, type Claim, type LapsedClaim } from './claim.ts';
import type { JobMetrics } from './job-metrics.ts';
import type { Minutes } from './minutes.ts';
import { renewSeconds } from './queue.ts';

/** How often processes look for claims that have lapsed. */
const watchSeconds = 1;

/** A job whose last attempt ended without a word from its worker. */
class LeaseLapsed extends Error {
  override readonly name = 'LeaseLapsed';
}

/** Shows life for what is held, and finds out what is not held any more. Returns what ends it. */
export function keepLeases(options: {
  boss: PgBoss;
  held: () => readonly { queue: string; claims: readonly Claim[] }[];
  lose: (claim: Claim) => void;
  logger: Logger;
}): () => void {
  async function renew(queue: string, claims: readonly Claim[]): Promise<void> {
    try {
      const answer = await options.boss.touch(queue, [...claims]);
      const { settled } = answer as { settled?: readonly string[] };
      if (settled === undefined) return;
      const held = new Set(settled);
      // Of two attempts at one job in this process the older one is what is left of a lapsed claim.
      const latest = new Map(claims.map(({ id }) => [id, 0]));
      for (const { id, retryCount } of claims)
        latest.set(id, Math.max(retryCount, latest.get(id) ?? 0));
      for (const claim of claims) {
        if (!held.has(claim.id) || claim.retryCount < (latest.get(claim.id) ?? 0))
          options.lose(claim);
      }
    } catch (error) {
      // Says nothing about the claims.
      options.logger.warn({ err: error, job: queue }, 'Leases of jobs could not be renewed');
    }
  }
  const timer = setInterval(() => {
    for (const { queue, claims } of options.held()) {
      if (claims.length > 0) void renew(queue, claims);
    }
  }, renewSeconds * 1_000);
  return () => {
    clearInterval(timer);
  };
}

/** Takes claims from whoever shows no life, also of other processes. Resolves when the last look has ended. */
export function watchLeases(options: {
  executor: Executor;
  logger: Logger;
  metrics: JobMetrics;
  minutes: Minutes;
  reporter: ErrorReporter;
}): () => Promise<void> {
  const { executor, logger, metrics, minutes, reporter } = options;

  function tell({ id, name, retryCount, dead, requestId }: LapsedClaim): void {
    const line = { job: name, jobId: id, attempt: retryCount + 1, requestId };
    metrics.finished.add({ kind: name, outcome: dead ? 'dead' : 'lapsed' });
    minutes.count(name, dead ? 'dead' : 'failed');
    if (!dead) {
      logger.warn(line, 'job taken from a worker that shows no life');
      return;
    }
    logger.error(line, 'job failed for the last time');
    reporter.report(new LeaseLapsed('The worker of the last attempt showed no life'), {
      kind: 'job',
      code: 'JOB_DEAD',
      route: name,
      requestId: requestId ?? undefined,
    });
  }

  async function look(): Promise<void> {
    try {
      const { rows } = await executor.execute(lapseClaims, [channelName]);
      for (const row of rows) tell(row as unknown as LapsedClaim);
    } catch (error) {
      logger.warn({ err: error }, 'Lapsed leases of jobs could not be looked for');
    }
  }

  let last: Promise<void> = Promise.resolve();
  let looking = false;
  function lookOnce(): void {
    if (looking) return;
    looking = true;
    last = look().finally(() => {
      looking = false;
    });
  }
  const timer = setInterval(lookOnce, watchSeconds * 1_000);
  // Whoever died may have been the only one.
  lookOnce();
  return async () => {
    clearInterval(timer);
    await last;
  };
}
