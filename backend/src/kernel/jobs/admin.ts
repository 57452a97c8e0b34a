import type { Database } from '../db/index.ts';
import { validationFailed } from '../errors/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import type { JobFilter, JobMinute, JobRecord, JobsAdmin, QueueState } from './admin-types.ts';
import { discardJobs, redriveJobs, runNow } from './interventions.ts';
import type { Job } from './job.ts';
import { recordColumns, recordOf, storedStates, type StoredJob } from './records.ts';
import { pauseQueue, readQueues, readThroughput, resumeQueue } from './queue-states.ts';

/** Some of it counts what waits, which may be much. */
const timeoutMs = 10_000;
const mostIds = 1_000;
const mostListed = 500;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function createJobsAdmin(options: {
  database: Database;
  scrubber: Scrubber;
  /** The kinds of jobs that this process knows. */
  jobs: () => readonly Job[];
}): JobsAdmin {
  const { database, scrubber } = options;
  async function rows<R>(sql: string, values: readonly unknown[]): Promise<R[]> {
    const result = await database.statement<R>(sql, values, timeoutMs);
    return result.rows;
  }
  /** How many jobs a statement says it has changed. */
  async function changed(sql: string, values: readonly unknown[]): Promise<number> {
    const [row] = await rows<{ count: number }>(sql, values);
    return row?.count ?? 0;
  }
  const known = (ids: readonly string[]) => ids.filter((id) => uuid.test(id)).slice(0, mostIds);

  /**
   * A batch at a time, so that no statement takes longer than one may. Only what is dead already: what dies again meanwhile
   * would be brought back for ever.
   */
  async function redriveAll(queue: string | null): Promise<number> {
    const [now] = await rows<{ at: string }>('select now()::text as at', []);
    let total = 0;
    for (;;) {
      const moved = await changed(redriveJobs, [['failed'], null, queue, now?.at]);
      if (moved === 0) return total;
      total += moved;
    }
  }

  return {
    async queues() {
      const concurrency = new Map(options.jobs().map((job) => [job.name, job.concurrency]));
      const states = await rows<Omit<QueueState, 'concurrency'>>(readQueues, []);
      return states.map((state) => ({ ...state, concurrency: concurrency.get(state.name) ?? 0 }));
    },
    throughput: (queue, minutes) => rows<JobMinute>(readThroughput, [queue ?? null, minutes]),
    pause: async (queue) => (await changed(pauseQueue, [queue])) > 0,
    resume: async (queue) => (await changed(resumeQueue, [queue])) > 0,
    async list(filter) {
      const limit = Math.min(Math.max(1, filter.limit), mostListed);
      const after = readCursor(filter.cursor);
      const found = await rows<StoredJob & { at: string }>(listStatement(filter), [
        filter.queue ?? null,
        storedStates[filter.state],
        filter.search === undefined ? null : `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`,
        after?.at ?? null,
        after?.id ?? null,
        limit + 1,
      ]);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        jobs: page.map((job) => recordOf(job, scrubber)),
        next: last && found.length > limit ? writeCursor(last) : null,
      };
    },
    async get(id): Promise<JobRecord | undefined> {
      if (!uuid.test(id)) return undefined;
      const [job] = await rows<StoredJob>(getStatement, [id]);
      return job && recordOf(job, scrubber);
    },
    async retry(ids) {
      const sooner = await changed(runNow, [known(ids)]);
      return (
        sooner + (await changed(redriveJobs, [['failed', 'cancelled'], known(ids), null, null]))
      );
    },
    async redrive(which) {
      if ('ids' in which) return changed(redriveJobs, [['failed'], known(which.ids), null, null]);
      return redriveAll('queue' in which ? which.queue : null);
    },
    discard: (ids) => changed(discardJobs, [known(ids)]),
  };
}

/** The queue of an id is not known, and the key of the table begins with it. */
const getStatement = `
  select ${recordColumns} from pgboss.queue join pgboss.job on job.name = queue.name and job.id = $1`;

function listStatement({ state }: JobFilter): string {
  // What has ended is read in the order in which it ended, what has not in the order in which it came.
  const at =
    state === 'completed' || state === 'failed' || state === 'dead' ? 'completed_on' : 'created_on';
  // Written out, so that Postgres sees which index serves.
  const inState = `job.state = '${storedStates[state]}'`;
  return `
    select ${recordColumns}, job.${at}::text as at
    from pgboss.job
    where ${inState} and job.state = $2::pgboss.job_state and ($1::text is null or job.name = $1)
      and job.name not like '\\_\\_pgboss\\_\\_%'
      and ($3::text is null or job.id::text ilike $3 or job.singleton_key ilike $3
        or job.data::text ilike $3 or job.output::text ilike $3)
      and ($4::timestamptz is null or (job.${at}, job.id) < ($4::timestamptz, $5::uuid))
    order by job.${at} desc, job.id desc
    limit $6`;
}

const writeCursor = ({ at, id }: { at: string; id: string }): string =>
  Buffer.from(`${at}|${id}`).toString('base64url');

function readCursor(cursor: string | undefined): { at: string; id: string } | undefined {
  if (cursor === undefined) return undefined;
  const [at, id] = Buffer.from(cursor, 'base64url').toString().split('|');
  if (at === undefined || id === undefined || !uuid.test(id) || Number.isNaN(Date.parse(at)))
    throw validationFailed([{ field: 'cursor', reason: 'is not one that was given out' }]);
  return { at, id };
}
