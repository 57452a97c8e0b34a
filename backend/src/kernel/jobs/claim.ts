import type { Envelope } from './envelope.ts';

/** A job that this process holds, as one attempt. */
export interface Claim {
  id: string;
  name: string;
  data: Envelope;
  /** Goes up with each claim: together with the id it names the attempt. */
  retryCount: number;
  retryLimit: number;
  priority: number;
  createdOn: Date;
  /** How long it has been due, in milliseconds. */
  waitedMs: number;
  output: unknown;
}

/** One for each claim; where there is none, an empty one. */
export interface ClaimRow extends Claim, Due {}
export interface EmptyRow extends Due {
  id: null;
}

interface Due {
  /** Milliseconds until the next job of the queue is due; null where none waits for its time, or the claims were as many as asked for. */
  dueMs: number | null;
}

/** $1 queue, $2 how many, $3 the newest version that this process can read. */
export const claimJobs = 'select * from bulwark.claim_jobs($1, $2, $3)';

/** What has no further attempt is dead; the other is due at once, as its worker had the fault. */
const lapsed = JSON.stringify({
  name: 'LeaseLapsed',
  message: 'The worker showed no life for longer than its lease',
});

/** Takes claims from whoever shows no life. One process sees each. */
export const lapseClaims = `
  with silent as (
    select name, id from pgboss.job_common
    where state = 'active' and heartbeat_on + heartbeat_seconds * interval '1 second' < now()
    limit 1000
    for update skip locked
  ), changed as (
    update pgboss.job_common as job
    set state = case when retry_count < retry_limit then 'retry' else 'failed' end::pgboss.job_state,
      completed_on = case when retry_count < retry_limit then null else now() end,
      start_after = now(), heartbeat_on = null,
      output = jsonb_build_object('failures',
        case jsonb_typeof(output->'failures') when 'array' then output->'failures' else '[]' end
        || jsonb_build_object('attempt', retry_count + 1, 'at', now(), 'error', '${lapsed}'::jsonb))
    from silent where job.name = silent.name and job.id = silent.id
    returning job.id, job.name, job.retry_count as "retryCount", job.state = 'failed' as dead,
      job.data->>'requestId' as "requestId"
  ), woken as (
    select pg_notify($1, name) from (select distinct name from changed where not dead) as queues
  )
  select changed.*, (select count(*) from woken) as woken from changed`;

export interface LapsedClaim {
  id: string;
  name: string;
  retryCount: number;
  dead: boolean;
  requestId: string | null;
}

/**
 * $1 queue, $2 id, $3 retry count, $4 seconds until it may be tried again, $5 channel. One attempt more, as the one that was
 * cut short is not the job's fault. The attempt's number goes up with the next claim all the same, so that whatever is left
 * of this one can settle nothing.
 */
export const handBack = `
  with changed as (
    update pgboss.job_common
    set state = 'retry', start_after = now() + $4 * interval '1 second', heartbeat_on = null, retry_limit = retry_limit + 1
    where name = $1 and id = $2 and state = 'active' and retry_count = $3
    returning name
  )
  select pg_notify($5, name) from changed`;

/** $1 provider, $2 milliseconds between two starts, $3 queue. Takes the next start, where it has come and a job is due. */
export const takeStart = `
  with due as (
    select from pgboss.job_common
    where name = $3 and state < 'active' and not blocked and start_after <= now() limit 1
  ), taken as (
    insert into bulwark.job_rates as rate (provider, free_at)
    select $1, now() + $2 * interval '1 millisecond' from due
    on conflict (provider) do update set free_at = excluded.free_at where rate.free_at <= now()
    returning free_at
  )
  select (select free_at::text from taken) as taken,
    case when exists (select from due) then (
      select extract(epoch from free_at - now())::float * 1000 from bulwark.job_rates where provider = $1
    ) else (
      select extract(epoch from min(start_after) - now())::float * 1000 from pgboss.job_common
      where name = $3 and state < 'active' and not blocked and start_after > now()
    ) end as "waitMs"`;

/** $1 provider, $2 what was taken. For a start that found no job after all. */
export const giveStartBack = `
  update bulwark.job_rates set free_at = now() where provider = $1 and free_at = $2::timestamptz`;
