-- Takes jobs from a queue: pg-boss's fetch with three more things. It takes nothing from a paused queue, leaves payloads of a newer
-- version than the caller can read alone, and says when to look again, as of the same instant.
--
-- A function for the sake of its settings. A queue is a table of which the planner knows nothing that still holds: it reckons with
-- few waiting rows, reads all of them and sorts them, with all that was taken since the last vacuum, at each claim. The index has
-- the order already.
create function bulwark.claim_jobs(queue text, at_most integer, newest_version integer)
returns table (
  id uuid, name text, data jsonb, "retryCount" integer, "retryLimit" integer, priority integer, "createdOn" timestamptz,
  "waitedMs" double precision, output jsonb,
  -- Until the next job is due; null where none waits for its time, or there were as many claims as asked for.
  "dueMs" double precision
)
language plpgsql
set search_path = ''
set enable_bitmapscan = off
set enable_seqscan = off
set enable_sort = off
as $$
#variable_conflict use_column
begin
  return query
  with free as (
    select id from pgboss.job_common
    where name = queue and state < 'active' and not blocked and start_after <= now()
      and coalesce((data->>'v')::integer, 1) <= newest_version
      and not exists (select from bulwark.job_queues as pauses where pauses.name = queue)
    order by priority desc, created_on
    limit at_most
    for update skip locked
  ), claimed as (
    update pgboss.job_common as job
    set state = 'active', started_on = now(), heartbeat_on = now(),
      retry_count = case when started_on is null then retry_count else retry_count + 1 end
    from free where job.name = queue and job.id = free.id
    returning job.id, job.name, job.data, job.retry_count, job.retry_limit, job.priority, job.created_on,
      extract(epoch from now() - job.start_after)::double precision * 1000 as waited_ms, job.output
  )
  select claimed.*, due.ms
  from (
    select case when (select count(*) from claimed) < at_most then (
      select extract(epoch from min(start_after) - now())::double precision * 1000 from pgboss.job_common
      where name = queue and state < 'active' and not blocked and start_after > now()
    ) end as ms
  ) as due
  left join claimed on true;
end $$;

revoke all on function bulwark.claim_jobs from public;
