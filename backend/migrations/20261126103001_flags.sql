-- Feature flags, changed while the servers run (kernel/flags).
create table bulwark.flags (
  name text primary key check (name ~ '^[a-z0-9][a-z0-9._-]{0,99}$'),
  description text not null default '' check (char_length(description) <= 500),
  -- Off means off for everybody.
  enabled boolean not null,
  percentage numeric(5, 2) not null check (percentage between 0 and 100),
  users uuid[] not null default '{}' check (cardinality(users) <= 1000),
  roles text[] not null default '{}' check (cardinality(roles) <= 10),
  version integer not null default 1,
  -- No reference: what somebody did outlives their account. Null where nobody signed in stands behind it.
  changed_by uuid,
  changed_at timestamptz not null default pg_catalog.now()
);

-- One more with every change of a flag, whoever makes it. Processes look at this alone to see whether there is news.
create table bulwark.flags_revision (
  only_row boolean primary key default true check (only_row),
  revision bigint not null
);
insert into bulwark.flags_revision (revision) values (1);

create function bulwark.count_flag_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  update bulwark.flags_revision set revision = revision + 1;
  return null;
end
$$;

create trigger count_change after insert or update or delete or truncate on bulwark.flags
for each statement execute function bulwark.count_flag_change();

revoke all on bulwark.flags, bulwark.flags_revision from public, anon, authenticated, service_role;
revoke all on function bulwark.count_flag_change from public, anon, authenticated, service_role;
