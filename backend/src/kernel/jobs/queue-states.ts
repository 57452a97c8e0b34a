import { channel } from './channel.ts';

/** Queues of this release and those that an earlier one has left, without pg-boss's own. */
const ours = `pgboss.queue where queue.name not like '\\_\\_pgboss\\_\\_%'`;

/** Each part is read by an index of its own: what waits, what is held, what has ended. */
export const readQueues = `
  select queue.name,
    jsonb_build_object('queued', waiting.queued, 'active', held.active, 'retrying', waiting.retrying,
      'completed', day.completed, 'failed', ended.discarded, 'dead', ended.dead) as counts,
    extract(epoch from now() - waiting.oldest)::float as "oldestSeconds",
    paused_at is not null as paused, paused_at as "pausedAt",
    day.lately / 5.0::float as "processedPerMinute", day.failed_lately / 5.0::float as "failuresPerMinute"
  from (select name from ${ours}) as queue
  left join bulwark.job_queues as pauses on pauses.name = queue.name
  cross join lateral (
    select count(*) filter (where state = 'created')::int as queued,
      count(*) filter (where state = 'retry')::int as retrying,
      min(start_after) filter (where start_after <= now()) as oldest
    from pgboss.job where job.name = queue.name and state < 'active' and not blocked
  ) as waiting
  cross join lateral (
    select count(*)::int as active from pgboss.job where job.name = queue.name and state = 'active'
  ) as held
  cross join lateral (
    select count(*) filter (where state = 'failed')::int as dead,
      count(*) filter (where state = 'cancelled')::int as discarded
    from pgboss.job where job.name = queue.name and state >= 'completed' and state in ('failed', 'cancelled')
  ) as ended
  cross join lateral (
    select coalesce(sum(completed), 0)::int as completed,
      coalesce(sum(completed) filter (where minute > now() - interval '5 minutes'), 0)::float as lately,
      coalesce(sum(failed) filter (where minute > now() - interval '5 minutes'), 0)::float as failed_lately
    from bulwark.job_minutes where job_minutes.queue = queue.name and minute > now() - interval '1 day'
  ) as day
  order by queue.name`;

/** $1 queue or null, $2 minutes. */
export const readThroughput = `
  select at, coalesce(sum(completed), 0)::int as completed, coalesce(sum(failed), 0)::int as failed
  from generate_series(
    date_trunc('minute', now()) - ($2::int - 1) * interval '1 minute', date_trunc('minute', now()), '1 minute'
  ) as at
  left join bulwark.job_minutes on minute = at and ($1::text is null or queue = $1)
  group by at order by at`;

/** $1 queue. */
export const pauseQueue = `
  with changed as (
    insert into bulwark.job_queues (name, paused_at)
    select name, now() from ${ours} and queue.name = $1
    on conflict (name) do update set paused_at = job_queues.paused_at
    returning name
  )
  select count(*)::int as count from changed`;

/** $1 queue. */
export const resumeQueue = `
  with changed as (
    select name from ${ours} and queue.name = $1
  ), resumed as (
    delete from bulwark.job_queues where name = $1 returning pg_notify(${channel}, name)
  )
  select count(*)::int as count, (select count(*) from resumed) as resumed from changed`;
