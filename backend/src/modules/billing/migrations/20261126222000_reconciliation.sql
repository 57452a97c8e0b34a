-- Comparing what is stored with what the providers say: the runs, what each found to be wrong, and what it could not look at.

create table billing.reconciliations (
  id uuid primary key default gen_random_uuid(),
  -- Of one provider, or of one user over all providers.
  provider text check (provider in ('stripe', 'apple', 'google')),
  user_id uuid references auth.users (id) on delete cascade,
  started_by text not null check (started_by in ('schedule', 'operator')),
  -- The operator; an account that is gone leaves the run.
  requested_by uuid,
  status text not null default 'running'
    check (status in ('running', 'completed', 'incomplete', 'failed')),
  -- Where it is: `purchases` that we know, `accounts` that may have others, then `again` what could not be looked at.
  phase text not null default 'purchases' check (phase in ('purchases', 'accounts', 'again')),
  -- Behind this purchase or account of the phase everything is to be done yet.
  place uuid,
  -- Portions that are stored. Whoever stores the next one names the number that it saw, so that each is stored once.
  steps integer not null default 0,
  -- Portions in a row that got nowhere, because the provider could not be asked.
  stalls integer not null default 0,
  checked integer not null default 0,
  same integer not null default 0,
  corrected integer not null default 0,
  -- Not known to us before.
  found integer not null default 0,
  -- Not known to the provider.
  unknown integer not null default 0,
  -- Could not be looked at, and so was left as it is.
  failed integer not null default 0,
  accounts integer not null default 0,
  -- While it waits for a provider.
  resumes_at timestamptz(3),
  -- Of the last fault.
  error_code text,
  started_at timestamptz(3) not null default now(),
  ended_at timestamptz(3),
  check ((provider is null) <> (user_id is null)),
  check ((status = 'running') = (ended_at is null))
);
create unique index one_reconciliation_at_a_time on billing.reconciliations (provider)
where provider is not null and ended_at is null;
create index on billing.reconciliations (started_at desc, id desc);
create index on billing.reconciliations (provider, ended_at desc);

-- What a run could not look at: tried again within the run, and at its end what is left.
create table billing.reconciliation_leftovers (
  run_id uuid not null references billing.reconciliations (id) on delete cascade,
  kind text not null check (kind in ('purchase', 'account')),
  -- The purchase, or the user whose account it is.
  item uuid not null,
  tries integer not null default 1,
  error_code text not null,
  primary key (run_id, kind, item)
);

-- What was wrong with a purchase, why and since when.
create table billing.drift (
  id bigint generated always as identity primary key,
  run_id uuid not null references billing.reconciliations (id) on delete cascade,
  purchase_id uuid not null references billing.purchases (id) on delete cascade,
  provider text not null check (provider in ('stripe', 'apple', 'google')),
  kind text not null
    check (kind in ('missing', 'unknown', 'state', 'period', 'product', 'owner', 'details')),
  guess text not null
    check (guess in ('never-told', 'missed-event', 'wrong-when-looked', 'not-known-there')),
  state_before text,
  state_after text,
  -- Each field as [before, after].
  changes jsonb not null,
  since timestamptz(3) not null,
  -- `provider`: it says when it changed; `observed`: at some time after this, when it was last seen.
  since_is text not null check (since_is in ('provider', 'observed')),
  found_at timestamptz(3) not null default now(),
  -- Null for what is only to be looked at.
  corrected_at timestamptz(3)
);
-- What the provider does not know is told once.
create unique index on billing.drift (purchase_id) where kind = 'unknown' and corrected_at is null;
create index on billing.drift (purchase_id, id desc);
create index on billing.drift (run_id, id desc);
create index on billing.drift (provider, id desc);

create index on billing.purchases (provider, id);
create index on billing.customers (provider, user_id);

alter table billing.reconciliations enable row level security;
alter table billing.reconciliation_leftovers enable row level security;
alter table billing.drift enable row level security;

revoke all on billing.reconciliations, billing.reconciliation_leftovers, billing.drift
from public, anon, authenticated, service_role;
grant select on billing.reconciliations, billing.reconciliation_leftovers, billing.drift to service_role;
