-- What was answered to a request that carried an Idempotency-Key. A row is written in the transaction of the request's own
-- effect: there is no effect without its answer, and no answer without its effect.
create table bulwark.idempotency_keys (
  user_id uuid not null references auth.users (id) on delete cascade,
  -- Method and route: POST /api/v1/recipes
  operation text not null,
  key text not null check (char_length(key) between 1 and 255),
  -- SHA-256 of what was asked.
  fingerprint bytea not null,
  status smallint not null,
  headers jsonb not null,
  -- JSON as it was sent; null where there was no body.
  body text,
  expires_at timestamptz not null,
  primary key (user_id, operation, key)
);
create index on bulwark.idempotency_keys (expires_at);

revoke all on bulwark.idempotency_keys from public, anon, authenticated, service_role;

-- Takes the key for the rest of the transaction and says what is known of it. The lock is a lock of the transaction, so a
-- process that dies with it leaves nothing behind. Looks only after it has the lock, in a statement and so with a
-- snapshot of its own: whoever had the lock before has committed by then, or never will.
create function bulwark.claim_idempotency_key(the_user uuid, the_operation text, the_key text)
returns table (claimed boolean, fingerprint bytea, status smallint, headers jsonb, body text)
language plpgsql volatile
set search_path = ''
as $$
begin
  claimed := pg_catalog.pg_try_advisory_xact_lock(
    pg_catalog.hashtextextended(the_user::text || ' ' || the_operation || ' ' || the_key, 0)
  );
  if claimed then
    select stored.fingerprint, stored.status, stored.headers, stored.body
    into fingerprint, status, headers, body
    from bulwark.idempotency_keys as stored
    where stored.user_id = the_user
      and stored.operation = the_operation
      and stored.key = the_key
      and stored.expires_at > pg_catalog.now();
  end if;
  return next;
end
$$;

revoke all on function bulwark.claim_idempotency_key from public, anon, authenticated, service_role;
