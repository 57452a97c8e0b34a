-- Synchronisations: how far each is, so that one that was cut off goes on where it was. A page's rows and the new place are
-- one transaction.

create table catalog.syncs (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('set', 'variants')),
  game_id text not null check (char_length(game_id) between 1 and 100),
  set_id text not null check (char_length(set_id) between 1 and 200),
  status text not null default 'queued'
    check (status in ('queued', 'running', 'waiting', 'retrying', 'completed', 'failed')),
  -- Of a set: the offset of the next page. Of variants: the last card that was asked for.
  next_offset integer not null default 0 check (next_offset >= 0),
  last_card_id uuid,
  -- Cards in all, as far as that is known.
  total integer check (total >= 0),
  pages integer not null default 0,
  cards_inserted integer not null default 0,
  cards_updated integer not null default 0,
  cards_unchanged integer not null default 0,
  cards_rejected integer not null default 0,
  variants_inserted integer not null default 0,
  variants_updated integer not null default 0,
  variants_unchanged integer not null default 0,
  variants_rejected integer not null default 0,
  -- The first rejected rows, for whoever looks into it: [{ kind, id, reason }].
  rejections jsonb not null default '[]',
  -- While `waiting`: when it goes on.
  resumes_at timestamptz(3),
  -- Of the last attempt that failed: our own code.
  error_code text,
  requested_by uuid,
  request_id text,
  created_at timestamptz(3) not null default now(),
  started_at timestamptz(3),
  finished_at timestamptz(3),
  updated_at timestamptz(3) not null default now()
);
-- One at a time for a set and a kind, whatever the queue believes.
create unique index syncs_under_way_key on catalog.syncs (kind, game_id, set_id)
where status in ('queued', 'running', 'waiting', 'retrying');
create index syncs_created_idx on catalog.syncs (created_at desc, id desc);

alter table catalog.syncs enable row level security;
alter table catalog.syncs force row level security;
create policy "admins read synchronisations" on catalog.syncs
for select to authenticated using ((select catalog.is_admin()));

revoke all on catalog.syncs from public, anon, authenticated;
grant select on catalog.syncs to authenticated;
grant all on catalog.syncs to service_role;
