-- What the processes of the server have agreed on about each upstream. Times are the database's, so that no process's clock
-- decides. A row is small and written when something changes, never by a call that succeeds.
create table bulwark.provider_breakers (
  name text primary key check (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  -- Null while it is closed.
  opened_at timestamptz,
  -- From when on one try is let through.
  due_at timestamptz,
  -- Who makes that try, and until when nobody else does.
  probe uuid,
  probe_until timestamptz,
  -- The provider asked for a pause, or its quota is used up.
  paused_until timestamptz,
  openings bigint not null default 0,
  -- A code such as `HTTP 503`, never a text of the provider's.
  last_error text check (char_length(last_error) <= 200),
  -- Says which of two states is the later one.
  revision bigint not null default 1,
  check ((opened_at is null) = (due_at is null)),
  check ((probe is null) = (probe_until is null)),
  check (probe is null or opened_at is not null)
);
alter table bulwark.provider_breakers enable row level security;
revoke all on bulwark.provider_breakers from public, anon, authenticated, service_role;

-- What each process has seen of each upstream in the last minutes, for the operator: jobs call from one process and the page
-- is shown by another. Written every few seconds where there was anything to see; lost in a crash, and that is fine.
create unlogged table bulwark.provider_sightings (
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  process uuid not null,
  seen_at timestamptz not null default now(),
  sighting jsonb not null,
  primary key (name, process)
);
create index provider_sightings_seen_at on bulwark.provider_sightings (seen_at);
alter table bulwark.provider_sightings enable row level security;
revoke all on bulwark.provider_sightings from public, anon, authenticated, service_role;
