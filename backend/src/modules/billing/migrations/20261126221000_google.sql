-- Google's purchase tokens. Whoever has one can ask for and acknowledge what was bought, so they are secrets: everything else
-- in the database knows a purchase by the SHA-256 of its token.
create table billing.google_tokens (
  key text primary key check (key ~ '^[0-9a-f]{64}$'),
  token text not null check (char_length(token) between 1 and 4000),
  kind text not null check (kind in ('subscription', 'one-time')),
  created_at timestamptz(3) not null default now(),
  -- Since when it waits for our acknowledgement; Google gives the money back three days after.
  unacknowledged_since timestamptz(3),
  -- From when on another purchase stands in its place: an upgrade, or a new subscription of the same product.
  replaced_at timestamptz(3)
);
create index on billing.google_tokens (unacknowledged_since) where unacknowledged_since is not null;

alter table billing.google_tokens enable row level security;
revoke all on billing.google_tokens from public, anon, authenticated, service_role;
grant select on billing.google_tokens to service_role;
