import { channel } from './channel.ts';

/** Of the jobs that the statement calls `changed`: wakes the workers of their queues, and says how many there were. */
const wakeAndCount = `
  , woken as (select pg_notify(${channel}, name) from (select distinct name from changed) as queues)
  select (select count(*) from changed)::int as count, (select count(*) from woken) as woken`;

/** Most jobs that one statement brings back. */
const batch = 1_000;

/**
 * $1 states, $2 ids or null for all, $3 queue or null, $4 ended before, or null. Brings jobs back under their own ids: what an attempt has done outside
 * of the database is recognised by the id. Attempts are counted on, so that whatever is left of an old one settles nothing.
 * A job stays where its key is waiting or running again; of several with one key the oldest comes back.
 */
export const redriveJobs = `
  with candidates as materialized (
    select job.name, job.id, job.singleton_key, job.created_on
    from pgboss.job
    where job.state >= 'completed' and job.state = any($1::pgboss.job_state[])
      and ($2::uuid[] is null or job.id = any($2)) and ($3::text is null or job.name = $3)
      and ($4::timestamptz is null or job.completed_on < $4)
      and not exists (
        select from pgboss.job as live
        where live.name = job.name and live.policy = 'exclusive' and live.state <= 'active'
          and coalesce(live.singleton_key, '') = coalesce(job.singleton_key, ''))
    order by job.created_on
    limit ${batch}
    for update of job skip locked
  ), chosen as (
    select distinct on (name, coalesce(singleton_key, '')) name, id
    from candidates order by name, coalesce(singleton_key, ''), created_on
  ), changed as (
    update pgboss.job
    set state = case when job.started_on is null then 'created' else 'retry' end::pgboss.job_state,
      retry_limit = job.retry_count + queue.retry_limit + case when job.started_on is null then 0 else 1 end,
      start_after = now(), completed_on = null, heartbeat_on = null,
      keep_until = now() + queue.retention_seconds * interval '1 second'
    from chosen, pgboss.queue
    where job.name = chosen.name and job.id = chosen.id and queue.name = job.name
    returning job.name
  )${wakeAndCount}`;

/** $1 ids. Those that wait for their time are due now. */
export const runNow = `
  with changed as (
    update pgboss.job set start_after = now()
    from pgboss.queue
    where job.name = queue.name and job.id = any($1::uuid[]) and job.state < 'active' and job.start_after > now()
    returning job.name
  )${wakeAndCount}`;

/** $1 ids. */
export const discardJobs = `
  with changed as (
    update pgboss.job set state = 'cancelled', completed_on = now()
    from pgboss.queue
    where job.name = queue.name and job.id = any($1::uuid[]) and (job.state < 'active' or job.state = 'failed')
    returning job.name
  )
  select count(*)::int as count from changed`;
