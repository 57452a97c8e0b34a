-- The catalog of trading cards: games, their sets, cards, and the variants in which a card is sold. Anybody reads what is
-- published; synchronisation writes as service_role, and admins publish and correct.

create schema catalog;
revoke all on schema catalog from public;
grant usage on schema catalog to anon, authenticated, service_role;

create function catalog.is_admin() returns boolean
language sql stable
set search_path = ''
as $$
  select coalesce(auth.jwt() -> 'app_metadata' ->> 'role' = 'admin', false)
$$;
revoke all on function catalog.is_admin() from public;
grant execute on function catalog.is_admin() to anon, authenticated, service_role;

-- Ids of games and sets are the provider's.
create table catalog.games (
  id text primary key check (char_length(id) between 1 and 100),
  name text not null check (char_length(name) between 1 and 200),
  updated_at timestamptz(3) not null default now()
);

create table catalog.sets (
  game_id text not null references catalog.games (id) on delete cascade,
  id text not null check (char_length(id) between 1 and 200),
  name text not null check (char_length(name) between 1 and 200),
  -- As the provider counts; how many are here is counted from the cards.
  card_count integer not null check (card_count >= 0),
  released_on date,
  -- When a synchronisation last reached the set's end.
  synced_at timestamptz(3),
  primary key (game_id, id)
);

-- Which batch made or changed a row last: how a batch knows afterwards what it did to each.
create sequence catalog.batch_numbers;

create table catalog.cards (
  -- The provider's uuid, which stays when it renames a card.
  id uuid primary key,
  slug text not null check (char_length(slug) between 1 and 400),
  game_id text not null,
  set_id text not null,
  source_name text not null check (char_length(source_name) between 1 and 300),
  source_number text check (char_length(source_number) <= 60),
  source_rarity text check (char_length(source_rarity) <= 60),
  tcgplayer_id text check (char_length(tcgplayer_id) <= 60),
  -- What an admin says instead of the provider; it outlives every synchronisation.
  corrections jsonb not null default '{}' check (jsonb_typeof(corrections) = 'object'),
  name text not null generated always as (coalesce(corrections ->> 'name', source_name)) stored,
  number text generated always as (coalesce(corrections ->> 'number', source_number)) stored,
  rarity text generated always as (coalesce(corrections ->> 'rarity', source_rarity)) stored,
  is_published boolean not null default true,
  first_seen_at timestamptz(3) not null,
  last_seen_at timestamptz(3) not null,
  created_in bigint not null,
  changed_in bigint not null,
  foreign key (game_id, set_id) references catalog.sets (game_id, id) on delete cascade
) with (fillfactor = 85); -- each synchronisation writes last_seen_at, which no index has: room for that beside the row
-- The order of the list, as a whole, in a game, and in a set.
create index cards_name_idx on catalog.cards (name collate "C", id);
create index cards_set_idx on catalog.cards (game_id, set_id, name collate "C", id);

create table catalog.variants (
  id uuid primary key,
  card_id uuid not null references catalog.cards (id) on delete cascade,
  slug text not null check (char_length(slug) between 1 and 500),
  condition text not null check (char_length(condition) between 1 and 60),
  printing text not null check (char_length(printing) between 1 and 60),
  language text check (char_length(language) <= 60),
  -- In US dollars; null where the provider knows none.
  price numeric(12, 2) check (price >= 0),
  -- When the provider last looked at the price.
  priced_at timestamptz(0),
  first_seen_at timestamptz(3) not null,
  last_seen_at timestamptz(3) not null,
  created_in bigint not null,
  changed_in bigint not null
) with (fillfactor = 85);
create index variants_card_idx on catalog.variants (card_id);

alter table catalog.games enable row level security;
alter table catalog.games force row level security;
alter table catalog.sets enable row level security;
alter table catalog.sets force row level security;
alter table catalog.cards enable row level security;
alter table catalog.cards force row level security;
alter table catalog.variants enable row level security;
alter table catalog.variants force row level security;

create policy "anybody reads games" on catalog.games for select to anon, authenticated using (true);
create policy "anybody reads sets" on catalog.sets for select to anon, authenticated using (true);

create policy "anybody reads published cards" on catalog.cards
for select to anon, authenticated using (is_published);

create policy "admins read every card" on catalog.cards
for select to authenticated using ((select catalog.is_admin()));

create policy "admins publish and correct cards" on catalog.cards
for update to authenticated
using ((select catalog.is_admin()))
with check ((select catalog.is_admin()));

-- The policies of the cards hold within, so a hidden card hides its variants.
create policy "variants are read with their card" on catalog.variants
for select to anon, authenticated
using (exists (select from catalog.cards where cards.id = card_id));

revoke all on all tables in schema catalog from public, anon, authenticated;
revoke all on all sequences in schema catalog from public, anon, authenticated;
grant select on catalog.games, catalog.sets, catalog.cards, catalog.variants to anon, authenticated;
grant update (is_published, corrections) on catalog.cards to authenticated;
grant all on catalog.games, catalog.sets, catalog.cards, catalog.variants to service_role;
grant usage on sequence catalog.batch_numbers to service_role;
