import { CronExpressionParser } from 'cron-parser';
import type { PgBoss } from 'pg-boss';
import type { Database } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Envelope } from './envelope.ts';
import type { Job, JobSchedule } from './job.ts';
import { withinTransaction } from './queue.ts';

/** Of one schedule at most one job is waiting or running. */
const tickKey = 'schedule';
/** A tick that is this late was missed: nobody was there at its time. */
const missedAfterMs = 60_000;
/** Another process may change a schedule, and clocks are set. */
const longestWaitMs = 30_000;
const timeoutMs = 5_000;

type ScheduledJob = Job & { schedule: JobSchedule };

interface DueRow {
  job: string;
  nextAt: Date;
  now: Date;
}

/** A changed expression begins anew; an unchanged one keeps its tick, also one that is past. */
const declare = `
  insert into bulwark.job_schedules as schedule (job, cron, time_zone, next_at) values ($1, $2, $3, $4)
  on conflict (job) do update set cron = excluded.cron, time_zone = excluded.time_zone, next_at = excluded.next_at
  where (schedule.cron, schedule.time_zone) is distinct from (excluded.cron, excluded.time_zone)`;

/** Who comes second finds the row held and leaves it. */
const lockDue = `
  select job, next_at as "nextAt", now() as now from bulwark.job_schedules
  where job = any($1) and next_at <= now() for update skip locked`;

const setNext = 'update bulwark.job_schedules set next_at = $2 where job = $1';

const untilNext = `
  select extract(epoch from min(next_at) - now())::float * 1000 as ms from bulwark.job_schedules where job = any($1)`;

/** The first tick after `after`; throws where the expression or the time zone is not valid. */
export function nextTick({ cron, timeZone = 'UTC' }: JobSchedule, after: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: after }).next().toDate();
}

/**
 * Enqueues the ticks of these jobs. Any number of processes may do it: each tick is enqueued by one, together with setting
 * the next one, so that it is neither lost nor doubled by a process that dies. Returns what ends it.
 */
export async function startSchedules(options: {
  database: Database;
  boss: PgBoss;
  jobs: readonly Job[];
  logger: Logger;
}): Promise<() => Promise<void>> {
  const { database, boss, logger } = options;
  const jobs = new Map(
    options.jobs
      .filter((job): job is ScheduledJob => job.schedule !== undefined)
      .map((job) => [job.name, job]),
  );
  if (jobs.size === 0) return () => Promise.resolve();
  const names = [...jobs.keys()];
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();

  const tick = () =>
    database.asLogin(
      async (tx) => {
        const { rows } = await tx.query<DueRow>(lockDue, [names]);
        for (const { job: name, nextAt, now } of rows) {
          const job = jobs.get(name);
          if (job === undefined) continue;
          const missed = now.getTime() - nextAt.getTime() > missedAfterMs;
          await tx.query(setNext, [name, nextTick(job.schedule, now)]);
          if (missed && job.schedule.missed !== 'once') {
            logger.warn({ job: name, tick: nextAt }, 'tick of a schedule missed and skipped');
            continue;
          }
          const envelope: Envelope = { v: job.version, keyed: true, payload: job.schedule.payload };
          await boss.send(name, envelope, { singletonKey: tickKey, db: withinTransaction(tx) });
        }
      },
      { signal: stopping.signal },
    );

  async function turn(): Promise<void> {
    let waitMs = longestWaitMs;
    try {
      await tick();
      const { rows } = await database.statement<{ ms: number | null }>(
        untilNext,
        [names],
        timeoutMs,
      );
      waitMs = Math.min(longestWaitMs, Math.max(1, rows[0]?.ms ?? longestWaitMs));
    } catch (error) {
      if (!stopping.signal.aborted)
        logger.warn({ err: error }, 'Ticks of schedules could not be enqueued');
      waitMs = timeoutMs;
    }
    if (!stopping.signal.aborted) timer = setTimeout(begin, waitMs);
  }
  function begin(): void {
    last = turn();
  }

  const now = new Date();
  for (const { name, schedule } of jobs.values()) {
    const { cron, timeZone = 'UTC' } = schedule;
    await database.statement(declare, [name, cron, timeZone, nextTick(schedule, now)], timeoutMs);
  }
  begin();
  return async () => {
    stopping.abort();
    clearTimeout(timer);
    await last;
  };
}
