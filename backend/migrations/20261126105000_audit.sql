-- What administrators did. An entry is written before its effect, how it went once that is known: a process that dies in
-- between leaves an entry without an outcome, and no effect is without its entry.
create table bulwark.audit_entries (
  id bigint generated always as identity primary key,
  at timestamptz not null default pg_catalog.clock_timestamp(),
  -- No reference: what somebody did outlives their account. Null where no user stands behind it.
  actor_id uuid,
  action text not null check (char_length(action) between 1 and 100),
  target text not null check (char_length(target) <= 300),
  -- Scrubbed before they come here.
  details jsonb not null,
  request_id text not null check (char_length(request_id) <= 200)
);

create table bulwark.audit_outcomes (
  entry_id bigint primary key references bulwark.audit_entries (id),
  at timestamptz not null default pg_catalog.clock_timestamp(),
  -- The code of the error where it failed.
  error_code text check (char_length(error_code) <= 100),
  details jsonb not null
);

-- Nobody changes or deletes what stands there, the owner of the tables neither; only dropping the triggers would let them.
create function bulwark.refuse_audit_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'The audit log can only be added to' using errcode = 'insufficient_privilege';
end
$$;

create trigger append_only before update or delete or truncate on bulwark.audit_entries
for each statement execute function bulwark.refuse_audit_change();
create trigger append_only before update or delete or truncate on bulwark.audit_outcomes
for each statement execute function bulwark.refuse_audit_change();

revoke all on bulwark.audit_entries, bulwark.audit_outcomes from public, anon, authenticated, service_role;
grant select, insert on bulwark.audit_entries, bulwark.audit_outcomes to service_role;
revoke all on function bulwark.refuse_audit_change from public, anon, authenticated, service_role;
