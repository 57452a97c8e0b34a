-- What the kernel keeps of its queues beside the tables of pg-boss.

-- A queue has a row once somebody has paused it. It is read by every claim, so a pause holds for all processes at once.
create table bulwark.job_queues (
  name text primary key,
  paused_at timestamptz not null
);

-- Attempts that ended, counted by the minute: what the console's charts are drawn from. Kept for two days.
create table bulwark.job_minutes (
  queue text not null,
  minute timestamptz not null,
  completed integer not null default 0,
  failed integer not null default 0,
  primary key (queue, minute)
);
create index job_minutes_minute on bulwark.job_minutes (minute);

-- When the next job that calls this provider may start, whichever process does it.
create table bulwark.job_rates (
  provider text primary key,
  free_at timestamptz not null
);

revoke all on bulwark.job_queues, bulwark.job_minutes, bulwark.job_rates from public, anon, authenticated, service_role;

-- Who holds claims, and what has ended, without reading what waits.
create index job_common_active on pgboss.job_common (name) where state = 'active';
create index job_common_ended on pgboss.job_common (name, state, completed_on desc) where state >= 'completed';

-- A dead job now stays where it is, under its own id. Copies that were made of it go.
update pgboss.job set dead_letter = null where dead_letter is not null;
update pgboss.queue set dead_letter = null where dead_letter is not null;
delete from pgboss.job where name = 'dead-letters';
delete from pgboss.queue where name = 'dead-letters';
