-- Socket messages between processes that are too big for NOTIFY (8000 bytes) or hold bytes. They are read within a moment and
-- deleted after 30 s, so they need not survive a crash.
create unlogged table bulwark.socket_attachments (
  id bigint generated always as identity primary key,
  created_at timestamptz not null default now(),
  payload bytea not null
);
create index socket_attachments_created_at on bulwark.socket_attachments (created_at);
alter table bulwark.socket_attachments enable row level security;
revoke all on bulwark.socket_attachments from public, anon, authenticated, service_role;
