-- When the next tick of a job's schedule is. Whoever holds the row enqueues its job and sets the next one, in one transaction.
create table bulwark.job_schedules (
  job text primary key,
  cron text not null,
  time_zone text not null,
  next_at timestamptz not null
);
revoke all on bulwark.job_schedules from public, anon, authenticated, service_role;
