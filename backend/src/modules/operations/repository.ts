import type { Database } from '../../kernel/db/index.ts';
import { bounds } from './latency.ts';

/** What a process tells of itself and of the time since its last sample. */
export interface Sample {
  process: {
    id: string;
    role: 'api' | 'worker';
    pid: number;
    host: string;
    version: string;
    startedAt: Date;
  };
  at: Date;
  requests: number;
  errors: number;
  /** A count for each bucket of the durations. */
  latency: readonly number[];
  eventLoopMs: number;
  sockets: number;
  jobsRunning: number;
}

export interface ProcessRow {
  id: string;
  role: 'api' | 'worker';
  pid: number;
  host: string;
  version: string;
  startedAt: Date;
  seenAt: Date;
  alive: boolean;
  sockets: number;
}

export interface Step {
  at: Date;
  requests: number;
  errors: number;
  latency: number[];
  eventLoopMs: number;
  sockets: number;
  jobsRunning: number;
}

export type OperationsRepository = ReturnType<typeof createOperationsRepository>;

/** Old samples that one write takes along. */
const cleanedAtOnce = 200;

const write = `
  with process as (
    insert into operations.processes (id, role, pid, host, version, started_at, seen_at, sockets)
    values ($1, $2, $3, $4, $5, $6, now(), $12)
    on conflict (id) do update set seen_at = excluded.seen_at, sockets = excluded.sockets
  ), forgotten as (
    delete from operations.processes where seen_at < now() - interval '1 hour'
  ), old as (
    delete from operations.samples where (process_id, at) in (
      select process_id, at from operations.samples
      where at < now() - make_interval(hours => $14) order by at limit ${cleanedAtOnce}
      for update skip locked
    )
  )
  insert into operations.samples
    (process_id, at, requests, errors, latency, event_loop_ms, sockets, jobs_running)
  values ($1, $7, $8, $9, $10, $11, $12, $13)
  on conflict do nothing`;

const processes = `
  select id, role, pid, host, version, started_at as "startedAt", seen_at as "seenAt", sockets,
    seen_at > now() - make_interval(secs => $1) as alive
  from operations.processes order by role, started_at desc limit 200`;

const buckets = Array.from({ length: bounds.length + 1 }, (_, index) => index + 1);

/**
 * Whole steps only, up to the last minute at most: one that is under way would look like a fall. A sample belongs to the step
 * that it ends. Of sockets and jobs the most that each process had in a step, over all processes; of the event
 * loop the worst.
 */
const series = `
  with latest as (
    select date_bin(make_interval(secs => least($2, 60)), now() - interval '1 second', 'epoch') as ending
  ), of_process as (
    select date_bin(make_interval(secs => $2), at - interval '1 second', ending) as step,
      sum(requests) as requests, sum(errors) as errors,
      ${buckets.map((bucket) => `sum(latency[${bucket}]) as b${bucket}`).join(', ')},
      max(event_loop_ms) as event_loop_ms, max(sockets) as sockets, max(jobs_running) as jobs_running
    from latest, operations.samples
    where at > ending - make_interval(mins => $1) and at <= ending
    group by step, process_id
  )
  select step as at, sum(requests)::int as requests, sum(errors)::int as errors,
    array[${buckets.map((bucket) => `coalesce(sum(b${bucket}), 0)::int`).join(', ')}] as latency,
    max(event_loop_ms) as "eventLoopMs", sum(sockets)::int as sockets, sum(jobs_running)::int as "jobsRunning"
  from of_process group by step order by step`;

/** The tables are the server's own, so its login role reads and writes them. */
export function createOperationsRepository(db: Database) {
  const read = async <R>(sql: string, values: readonly unknown[] = []): Promise<R[]> =>
    (await db.asLogin((tx) => tx.query<R>(sql, values), { readOnly: true })).rows;

  return {
    /** One round trip. Rejects after `timeoutMs`, whatever became of it. */
    async write(sample: Sample, retentionHours: number, timeoutMs: number): Promise<void> {
      const { process, at, requests, errors, latency, eventLoopMs, sockets, jobsRunning } = sample;
      const { id, role, pid, host, version, startedAt } = process;
      const values = [id, role, pid, host, version, startedAt];
      values.push(at, requests, errors, latency as never, eventLoopMs, sockets, jobsRunning);
      await db.statement(write, [...values, retentionHours], timeoutMs);
    },
    /** One that was not heard of for so many seconds is not alive; after an hour it is forgotten. */
    processes: (silentSeconds: number) => read<ProcessRow>(processes, [silentSeconds]),
    series: (minutes: number, stepSeconds: number) => read<Step>(series, [minutes, stepSeconds]),
    /** By id. Empty where Supabase's table cannot be read: an address is a convenience. */
    async emails(ids: readonly string[]): Promise<Map<string, string | null>> {
      if (ids.length === 0) return new Map();
      const users = `select id, email from auth.users where id = any($1::uuid[])`;
      try {
        const rows = await read<{ id: string; email: string | null }>(users, [ids]);
        return new Map(rows.map(({ id, email }) => [id, email]));
      } catch {
        return new Map();
      }
    },
  };
}
