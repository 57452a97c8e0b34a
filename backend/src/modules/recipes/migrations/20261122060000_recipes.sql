-- Recipes: each belongs to a user, who alone writes it; public ones can be read by anybody.

create schema if not exists recipes_private;
revoke all on schema recipes_private from public;

create table public.recipes (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  title text not null check (char_length(title) between 1 and 200 and title = btrim(title)),
  description text not null default '' check (char_length(description) <= 2000),
  ingredients jsonb not null default '[]' check (
    jsonb_typeof(ingredients) = 'array'
    and jsonb_array_length(ingredients) <= 100
    and not ingredients @? 'strict $[*] ? (@.type() != "object")'
    and not ingredients @? '$[*] ? (!exists(@.name) || @.name.type() != "string")'
  ),
  steps jsonb not null default '[]' check (
    jsonb_typeof(steps) = 'array'
    and jsonb_array_length(steps) <= 100
    and not steps @? 'strict $[*] ? (@.type() != "string")'
  ),
  tags text[] not null default '{}' check (cardinality(tags) <= 20 and array_position(tags, null) is null),
  is_public boolean not null default false,
  servings integer check (servings between 1 and 100),
  prep_minutes integer check (prep_minutes between 0 and 10080),
  version integer not null default 1,
  -- Milliseconds, as JavaScript's Date keeps them: a cursor made of a row's time finds that very row again.
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);

-- One title per owner, however it is capitalised.
create unique index recipes_owner_title_key on public.recipes (owner_id, lower(title));

-- The order of the list, for everything, for one owner and for what is public. Tags and text have no index on purpose:
-- under row-level security only leakproof operators reach an index, and neither array containment nor ILIKE is one.
create index recipes_created_idx on public.recipes (created_at desc, id desc);
create index recipes_owner_created_idx on public.recipes (owner_id, created_at desc, id desc);
create index recipes_public_created_idx on public.recipes (created_at desc, id desc) where is_public;

-- Version and time hold for every writer, not only for this server.
create function recipes_private.stamp_recipe() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.version := old.version + 1;
  new.updated_at := now();
  return new;
end
$$;
revoke all on function recipes_private.stamp_recipe() from public;

create trigger stamp_recipe before update on public.recipes
for each row execute function recipes_private.stamp_recipe();

alter table public.recipes enable row level security;
alter table public.recipes force row level security;

-- `(select auth.uid())` is evaluated once a query; without the select it would be once a row.
create policy "public recipes can be read by anybody" on public.recipes
for select to anon, authenticated using (is_public);

create policy "owners read their recipes" on public.recipes
for select to authenticated using (owner_id = (select auth.uid()));

create policy "owners create recipes" on public.recipes
for insert to authenticated with check (owner_id = (select auth.uid()));

create policy "owners change their recipes" on public.recipes
for update to authenticated
using (owner_id = (select auth.uid()))
with check (owner_id = (select auth.uid()));

create policy "owners delete their recipes" on public.recipes
for delete to authenticated using (owner_id = (select auth.uid()));

-- Supabase grants everything on new tables by default. Owner, version and times are not for callers to set.
revoke all on public.recipes from public, anon, authenticated;
grant select on public.recipes to anon, authenticated;
grant insert (title, description, ingredients, steps, tags, is_public, servings, prep_minutes),
      update (title, description, ingredients, steps, tags, is_public, servings, prep_minutes),
      delete
on public.recipes to authenticated;
grant all on public.recipes to service_role;
