-- The auth tables in Supabase's shape: same names, columns and types, so that whatever reads them
-- here reads the real ones too. Columns the emulator never writes are kept for seeds and joins.
-- Run in one transaction; safe to run again, and over a database that already has the schema.

-- The owner is the auth service's own role, whoever runs this, so that either may start it next time.
do $$
begin
  if to_regrole('supabase_auth_admin') is not null then
    if pg_has_role('supabase_auth_admin', 'member') then
      set local role supabase_auth_admin;
    end if;
  end if;
end
$$;

-- Not `if not exists`: that asks for the right to create schemas even where there is nothing to create.
do $$
begin
  if to_regnamespace('auth') is null then
    create schema auth;
  end if;
  -- What only the emulator needs: the real service keeps its keys elsewhere.
  if to_regnamespace('local_auth') is null then
    create schema local_auth;
    revoke all on schema local_auth from public;
  end if;
  if to_regtype('auth.aal_level') is null then
    create type auth.aal_level as enum ('aal1', 'aal2', 'aal3');
  end if;
end
$$;

create table if not exists auth.users (
  instance_id uuid,
  id uuid not null primary key,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  encrypted_password varchar(255),
  email_confirmed_at timestamptz,
  invited_at timestamptz,
  confirmation_token varchar(255),
  confirmation_sent_at timestamptz,
  recovery_token varchar(255),
  recovery_sent_at timestamptz,
  email_change_token_new varchar(255),
  email_change varchar(255),
  email_change_sent_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz,
  updated_at timestamptz,
  phone text unique,
  phone_confirmed_at timestamptz,
  phone_change text default '',
  phone_change_token varchar(255) default '',
  phone_change_sent_at timestamptz,
  confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  email_change_token_current varchar(255) default '',
  email_change_confirm_status smallint default 0 check (email_change_confirm_status between 0 and 2),
  banned_until timestamptz,
  reauthentication_token varchar(255) default '',
  reauthentication_sent_at timestamptz,
  is_sso_user boolean not null default false,
  deleted_at timestamptz,
  is_anonymous boolean not null default false
);

-- Addresses are stored in lower case, and a soft-deleted user's is replaced by a digest, so this
-- index means: one address, one living user.
create unique index if not exists users_email_partial_key on auth.users (email) where (is_sso_user = false);
create index if not exists users_instance_id_email_idx on auth.users (instance_id, lower(email));

create table if not exists auth.identities (
  provider_id text not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  identity_data jsonb not null,
  provider text not null,
  last_sign_in_at timestamptz,
  created_at timestamptz,
  updated_at timestamptz,
  email text generated always as (lower(identity_data ->> 'email')) stored,
  id uuid not null primary key default gen_random_uuid(),
  unique (provider_id, provider)
);
create index if not exists identities_user_id_idx on auth.identities (user_id);

create table if not exists auth.sessions (
  id uuid not null primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  created_at timestamptz,
  updated_at timestamptz,
  factor_id uuid,
  aal auth.aal_level,
  not_after timestamptz,
  refreshed_at timestamp without time zone,
  user_agent text,
  ip inet,
  tag text,
  oauth_client_id uuid,
  refresh_token_hmac_key text,
  refresh_token_counter bigint,
  scopes text
);
create index if not exists sessions_user_id_idx on auth.sessions (user_id);

create table if not exists auth.mfa_amr_claims (
  session_id uuid not null references auth.sessions (id) on delete cascade,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  authentication_method text not null,
  id uuid not null primary key,
  unique (session_id, authentication_method)
);

create table if not exists auth.refresh_tokens (
  instance_id uuid,
  id bigserial primary key,
  token varchar(255) unique,
  user_id varchar(255),
  revoked boolean,
  created_at timestamptz,
  updated_at timestamptz,
  parent varchar(255),
  session_id uuid references auth.sessions (id) on delete cascade
);
create index if not exists refresh_tokens_session_id_revoked_idx on auth.refresh_tokens (session_id, revoked);

create table if not exists local_auth.signing_keys (
  kid text primary key,
  private_jwk jsonb not null,
  state text not null check (state in ('active', 'previous')),
  created_at timestamptz not null default clock_timestamp()
);
create unique index if not exists signing_keys_one_active on local_auth.signing_keys (state) where state = 'active';

create table if not exists local_auth.api_keys (
  role text primary key check (role in ('anon', 'service_role')),
  api_key text not null unique
);

-- As on Supabase, callers of the API see none of these tables, and `postgres` sees all of auth.
do $$
declare
  auth_tables constant text := 'auth.users, auth.identities, auth.sessions, auth.mfa_amr_claims, auth.refresh_tokens';
  caller text;
begin
  for caller in select rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
    execute format('revoke all on %s from %I', auth_tables, caller);
  end loop;
  if exists (select from pg_roles where rolname = 'postgres') then
    execute 'grant usage on schema auth to postgres';
    execute format('grant all on %s to postgres', auth_tables);
    execute 'grant usage on sequence auth.refresh_tokens_id_seq to postgres';
  end if;
end
$$;
