import type { Database } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Claim } from './claim.ts';
import { callerOf, opened } from './envelope.ts';
import { JobPostponed, type CommitOptions, type JobHandler } from './job.ts';
import type { Settlement } from './settlement.ts';

/** The job was given to another worker, or has ended, while this attempt ran: nothing of this attempt counts. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

/** The attempt took longer than its job declares. */
export class JobTimedOut extends Error {
  override readonly name = 'JobTimedOut';
}

export type Outcome = 'done' | 'failed' | 'dead' | 'lost' | 'handed_back' | 'postponed';

/** One attempt at a job, from its start to its settlement. */
export interface Attempt {
  readonly claim: Claim;
  /** Never rejects. */
  readonly ended: Promise<Outcome>;
  /** Another worker has the job: tells the handler, whose end decides when this attempt is over. */
  lose(): void;
  /** Hands the job back at once, then tells the handler. */
  giveUp(): Promise<void>;
}

const lost = 'The job is no longer this attempt’s: another worker has it, or it has ended';

export function startAttempt(
  { job, handle }: JobHandler,
  claim: Claim,
  { database, settlement, logger }: { database: Database; settlement: Settlement; logger: Logger },
): Attempt {
  // Made when it is first asked for: jobs of milliseconds never do.
  let stop: AbortController | undefined;
  const stopper = () => (stop ??= new AbortController());
  const end = Promise.withResolvers<Outcome>();
  let committed = false;

  async function perform(): Promise<Outcome> {
    const caller = callerOf(claim.data);
    await handle({
      payload: opened(job, claim.data),
      jobId: claim.id,
      attempt: claim.retryCount + 1,
      isLastAttempt: claim.retryCount >= claim.retryLimit,
      requestId: claim.data.requestId ?? claim.id,
      caller,
      get signal() {
        return stopper().signal;
      },
      async commit(work, { as = 'service' }: CommitOptions = {}) {
        const options = { signal: stopper().signal };
        const whole = async (tx: Parameters<typeof work>[0]) => {
          const value = await work(tx);
          if (!(await settlement.completeWithin(tx, claim))) throw new ClaimLost(lost);
          return value;
        };
        if (as === 'caller' && caller === null) throw new Error('Nobody asked for this job');
        const value =
          as === 'caller' && caller !== null
            ? await database.asCaller(caller.rows, whole, options)
            : await database.asService(whole, options);
        committed = true;
        return value;
      },
    });
    if (committed) return 'done';
    return (await settlement.complete(claim)) ? 'done' : 'lost';
  }

  /** Whatever becomes of it: without a word from us the lease lapses, and another worker has the job. */
  const unsettled = (error: unknown): Outcome => {
    logger.warn({ err: error, jobId: claim.id }, 'job not settled, its lease has to lapse');
    return 'lost';
  };

  const fail = (error: unknown): Promise<Outcome> => {
    if (committed) return Promise.resolve('done');
    if (error instanceof JobPostponed)
      return settlement.handBack(claim, error.seconds).then((): Outcome => 'postponed', unsettled);
    return settlement.fail(claim, error).catch(unsettled);
  };

  const timer = setTimeout(() => {
    const error = new JobTimedOut(`The attempt took longer than ${job.timeoutSeconds} s`);
    end.resolve(fail(error));
    stopper().abort(error);
  }, job.timeoutSeconds * 1_000);

  // Whoever is first says how it ended.
  perform().then(settled, (error: unknown) => {
    settled(fail(error));
  });
  function settled(outcome: Outcome | Promise<Outcome>): void {
    clearTimeout(timer);
    end.resolve(outcome);
  }

  return {
    claim,
    ended: end.promise,
    lose() {
      if (!committed) stopper().abort(new ClaimLost(lost));
    },
    async giveUp() {
      // First the row, then the signal: what the handler does in its last moments finds the claim gone.
      clearTimeout(timer);
      end.resolve(settlement.handBack(claim, 0).then((): Outcome => 'handed_back', unsettled));
      await end.promise;
      stopper().abort(new Error('The process stops'));
    },
  };
}
