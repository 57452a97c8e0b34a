-- The inbox: one row an event of a provider, whatever how often it is sent.
create table bulwark.webhook_events (
  id uuid primary key default gen_random_uuid(),
  provider text not null check (provider ~ '^[a-z][a-z0-9-]{0,30}$'),
  -- The provider's own.
  event_id text not null check (char_length(event_id) between 1 and 255),
  type text not null check (char_length(type) between 1 and 255),
  state text not null check (state in ('received', 'processed', 'failed', 'parked')),
  -- What the handler needs, scrubbed.
  kept jsonb not null,
  occurred_at timestamptz,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  attempts integer not null default 0,
  duplicates integer not null default 0,
  replays integer not null default 0,
  error text,
  request_id text not null,
  unique (provider, event_id)
);
create index on bulwark.webhook_events (received_at desc, id desc);
create index on bulwark.webhook_events (state, received_at desc, id desc);

revoke all on bulwark.webhook_events from public, anon, authenticated, service_role;
