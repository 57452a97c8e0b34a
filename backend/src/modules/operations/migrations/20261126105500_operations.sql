-- What the processes of the server tell of themselves, for the console's charts. Written every ten seconds by each of them,
-- read by administrators only, through the API.
create schema operations;
revoke all on schema operations from public, anon, authenticated, service_role;

create table operations.processes (
  id uuid primary key,
  role text not null check (role in ('api', 'worker')),
  pid integer not null,
  host text not null,
  version text not null,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  sockets integer not null
);

create table operations.samples (
  process_id uuid not null,
  -- The end of the time that it is about, at a whole ten seconds.
  at timestamptz not null,
  requests integer not null,
  -- Answers of 500 and above.
  errors integer not null,
  -- Requests by duration, a count for each bucket: percentiles of several processes cannot be averaged, counts be added.
  latency integer[] not null,
  event_loop_ms real not null,
  sockets integer not null,
  jobs_running integer not null,
  primary key (process_id, at)
);
create index on operations.samples (at);

revoke all on operations.processes, operations.samples from public, anon, authenticated, service_role;
