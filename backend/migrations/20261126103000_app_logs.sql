-- What the processes log, for the operator's console. Written behind the requests, kept for days: the log itself is what goes to
-- standard output. Ids are given in the order in which rows come to be seen (kernel/logstore takes a lock for it), so
-- that whoever reads on from an id misses none.
create table bulwark.app_logs (
  id bigint generated always as identity primary key,
  created_at timestamptz not null,
  level text not null check (level in ('trace', 'debug', 'info', 'warn', 'error', 'fatal')),
  message text not null,
  request_id text,
  -- What else the line has, as it was logged: without secrets and personal data.
  fields jsonb not null
);
create index app_logs_request_id on bulwark.app_logs (request_id, id) where request_id is not null;
create index app_logs_level on bulwark.app_logs (level, id);
create index app_logs_created_at on bulwark.app_logs (created_at);

revoke all on bulwark.app_logs from public, anon, authenticated, service_role;
