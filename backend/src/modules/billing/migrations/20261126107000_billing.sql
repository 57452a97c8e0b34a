-- What users have bought, whoever sold it. One row a purchase: the last truth of its provider. What they may use is computed
-- from it when it is asked for, and stands nowhere.
create schema billing;
revoke all on schema billing from public, anon, authenticated, service_role;
grant usage on schema billing to authenticated, service_role;

-- A user's account with a provider, tied once.
create table billing.customers (
  user_id uuid not null references auth.users (id) on delete cascade,
  provider text not null check (provider in ('stripe', 'apple', 'google')),
  customer_id text not null check (char_length(customer_id) between 1 and 255),
  created_at timestamptz(3) not null default now(),
  primary key (user_id, provider),
  unique (provider, customer_id)
);

create table billing.purchases (
  id uuid primary key default gen_random_uuid(),
  provider text not null check (provider in ('stripe', 'apple', 'google')),
  -- Stripe's subscription, Apple's original transaction, the hash of Google's purchase token.
  key text not null check (char_length(key) between 1 and 255),
  -- Null where nobody has claimed it yet, and where its account is gone: then whoever presents it has it.
  user_id uuid references auth.users (id) on delete set null,
  product_id text not null check (char_length(product_id) between 1 and 255),
  kind text not null check (kind in ('subscription', 'one-time')),
  environment text not null check (environment in ('production', 'sandbox')),
  -- Milliseconds, as the server's clock has them: a boundary is the same moment everywhere.
  started_at timestamptz(3) not null,
  period_ends_at timestamptz(3),
  grace_ends_at timestamptz(3),
  auto_renews boolean not null,
  -- `infinity` until somebody resumes it.
  paused_until timestamptz(3),
  on_hold boolean not null,
  refunded_at timestamptz(3),
  revoked_at timestamptz(3),
  manage_url text check (char_length(manage_url) <= 2000),
  observed_at timestamptz(3) not null,
  version bigint,
  -- As it was last told. Time may have gone on since: whoever needs the state computes it.
  told_state text not null,
  -- When the state is another one by time alone.
  changes_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  changed_at timestamptz(3) not null default now(),
  unique (provider, key)
);
create index on billing.purchases (user_id);
create index on billing.purchases (changes_at) where changes_at is not null;

-- What became of a purchase, and why: kept for audits.
create table billing.purchase_history (
  id bigint generated always as identity primary key,
  purchase_id uuid not null references billing.purchases (id) on delete cascade,
  at timestamptz(3) not null default now(),
  -- Who said so: 'app', 'webhook', 'reconciliation', 'operator' or 'time'.
  source text not null,
  -- What it can be found by there, such as the id of an event. Never a receipt or a token.
  reference text check (char_length(reference) <= 255),
  state_before text,
  state_after text not null,
  -- Each changed field as [before, after].
  changes jsonb not null
);
create index on billing.purchase_history (purchase_id, id desc);

-- Somebody presented a purchase that is another user's. One row a purchase and a somebody.
create table billing.fraud_signals (
  purchase_id uuid not null references billing.purchases (id) on delete cascade,
  claimant_id uuid not null references auth.users (id) on delete cascade,
  owner_id uuid,
  source text not null,
  times integer not null default 1,
  first_at timestamptz(3) not null default now(),
  last_at timestamptz(3) not null default now(),
  primary key (purchase_id, claimant_id)
);
create index on billing.fraud_signals (last_at desc);

alter table billing.customers enable row level security;
alter table billing.purchases enable row level security;
alter table billing.purchase_history enable row level security;
alter table billing.fraud_signals enable row level security;

create policy "users see their own accounts with providers" on billing.customers
for select to authenticated using (user_id = (select auth.uid()));

create policy "users see their own purchases" on billing.purchases
for select to authenticated using (user_id = (select auth.uid()));

create policy "users see what became of their own purchases" on billing.purchase_history
for select to authenticated
using (purchase_id in (select id from billing.purchases where user_id = (select auth.uid())));

-- Nobody but the server's own login role writes.
revoke all on all tables in schema billing from public, anon, authenticated, service_role;
grant select on billing.customers, billing.purchases, billing.purchase_history to authenticated;
grant select on all tables in schema billing to service_role;
