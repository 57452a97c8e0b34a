-- The roles, schemas, grants and functions that every Supabase database has, as far as this project leans on them.
-- Run by a superuser in one transaction, in each database; safe to run again, also while another session runs it.

-- Roles belong to the whole cluster: one bootstrap at a time, whichever database it runs in.
lock table pg_catalog.pg_authid in share row exclusive mode;

do $$
declare
  attributes constant text[][] := array[
    -- name, attributes, search path
    ['anon', 'nologin noinherit', ''],
    ['authenticated', 'nologin noinherit', ''],
    ['service_role', 'nologin noinherit bypassrls', ''],
    -- What a connection through the API logs in as, only to change to one of the three above.
    ['authenticator', 'login noinherit', ''],
    -- The project's own role. Not a superuser, so what works here works on Supabase.
    ['postgres', 'login createdb createrole replication bypassrls', '"$user", public, extensions'],
    ['supabase_auth_admin', 'login noinherit', 'auth']
  ];
  role_name text;
begin
  for i in 1 .. array_length(attributes, 1) loop
    role_name := attributes[i][1];
    if to_regrole(role_name) is null then
      execute format('create role %I %s', role_name, attributes[i][2]);
      if attributes[i][3] <> '' then
        execute format('alter role %I set search_path = %s', role_name, attributes[i][3]);
      end if;
    end if;
  end loop;

  foreach role_name in array array['anon', 'authenticated', 'service_role'] loop
    if not exists (
      select from pg_auth_members
      where roleid = to_regrole(role_name) and member = 'authenticator'::regrole
    ) then
      execute format('grant %I to authenticator', role_name);
    end if;
    -- With the right to grant them on, which Postgres 16 and later no longer imply for a createrole.
    if not exists (
      select from pg_auth_members
      where roleid = to_regrole(role_name) and member = 'postgres'::regrole
    ) then
      execute format('grant %I to postgres with admin option', role_name);
    end if;
  end loop;
end
$$;

-- The database itself. One that somebody else's role owns stays theirs.
do $$
begin
  if (select datdba from pg_database where datname = current_database()) = current_user::regrole then
    execute format('alter database %I owner to postgres', current_database());
  end if;
  execute format('grant all on database %I to postgres', current_database());
  execute format('grant create on database %I to supabase_auth_admin', current_database());
end
$$;

-- public: open to the API's roles; row-level security decides what each may see.
grant all on schema public to postgres;
grant usage on schema public to anon, authenticated, service_role;
alter default privileges in schema public grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on sequences to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on functions to anon, authenticated, service_role;

create schema if not exists extensions;
grant all on schema extensions to postgres;
grant usage on schema extensions to anon, authenticated, service_role;

-- auth: written by the issuer, read by policies through the functions below.
create schema if not exists auth authorization supabase_auth_admin;
grant all on schema auth to supabase_auth_admin;
grant usage on schema auth to postgres, anon, authenticated, service_role;
alter default privileges in schema auth grant all on tables to postgres, supabase_auth_admin;
alter default privileges in schema auth grant all on sequences to postgres, supabase_auth_admin;
alter default privileges for role supabase_auth_admin in schema auth grant all on tables to postgres;
alter default privileges for role supabase_auth_admin in schema auth grant all on sequences to postgres;

-- A caller's claims are a setting of the transaction; outside of one that sets them, all of these are null.
create or replace function auth.jwt() returns jsonb
  language sql stable
  return nullif(current_setting('request.jwt.claims', true), '')::jsonb;

create or replace function auth.uid() returns uuid
  language sql stable
  return (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid;

create or replace function auth.role() returns text
  language sql stable
  return nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role';

create or replace function auth.email() returns text
  language sql stable
  return nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email';

alter function auth.jwt() owner to supabase_auth_admin;
alter function auth.uid() owner to supabase_auth_admin;
alter function auth.role() owner to supabase_auth_admin;
alter function auth.email() owner to supabase_auth_admin;
