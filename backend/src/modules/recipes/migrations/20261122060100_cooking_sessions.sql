-- Live cooking sessions: one host leads others through a recipe, step by step. Only participants see a session.

create table public.cooking_sessions (
  id uuid primary key default gen_random_uuid(),
  recipe_id uuid not null references public.recipes (id) on delete cascade,
  host_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  -- The recipe's steps when the session began; later edits do not move the end.
  step_count integer not null check (step_count >= 0),
  current_step integer not null default 0 check (current_step between 0 and greatest(step_count - 1, 0)),
  status text not null default 'active' check (status in ('active', 'ended')),
  created_at timestamptz(3) not null default now()
);
create index cooking_sessions_recipe_idx on public.cooking_sessions (recipe_id);
create index cooking_sessions_host_idx on public.cooking_sessions (host_id);

create table public.cooking_participants (
  session_id uuid not null references public.cooking_sessions (id) on delete cascade,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  joined_at timestamptz(3) not null default now(),
  primary key (session_id, user_id)
);
create index cooking_participants_user_idx on public.cooking_participants (user_id);

create table public.cooking_messages (
  id uuid primary key default gen_random_uuid(),
  session_id uuid not null references public.cooking_sessions (id) on delete cascade,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  text text not null check (char_length(text) between 1 and 1000),
  created_at timestamptz not null default clock_timestamp()
);
create index cooking_messages_session_idx on public.cooking_messages (session_id, created_at desc, id desc);
create index cooking_messages_user_idx on public.cooking_messages (user_id);

-- Policies that look into each other's tables would recurse. These functions read as their owner, past the policies, so
-- the cooking tables are not forced; the schema is not exposed, so no client calls them.
create function recipes_private.own_cooking_sessions() returns setof uuid
language sql stable security definer
set search_path = ''
as $$
  select session_id from public.cooking_participants where user_id = auth.uid()
$$;

create function recipes_private.recipe_being_cooked(session uuid) returns uuid
language sql stable security definer
set search_path = ''
as $$
  select recipe_id from public.cooking_sessions where id = session and status = 'active'
$$;

create function recipes_private.sessions_cooking(recipe uuid) returns setof uuid
language sql stable security definer
set search_path = ''
as $$
  select id from public.cooking_sessions where recipe_id = recipe and status = 'active'
$$;

revoke all on all functions in schema recipes_private from public;
grant usage on schema recipes_private to authenticated;
grant execute on function
  recipes_private.own_cooking_sessions(),
  recipes_private.recipe_being_cooked(uuid),
  recipes_private.sessions_cooking(uuid)
to authenticated;

alter table public.cooking_sessions enable row level security;
alter table public.cooking_participants enable row level security;
alter table public.cooking_messages enable row level security;

create policy "hosts and participants see their sessions" on public.cooking_sessions
for select to authenticated
using (host_id = (select auth.uid()) or id in (select recipes_private.own_cooking_sessions()));

create policy "whoever can read a recipe may host it" on public.cooking_sessions
for insert to authenticated
with check (host_id = (select auth.uid()) and exists (select from public.recipes where id = recipe_id));

create policy "hosts lead their sessions" on public.cooking_sessions
for update to authenticated
using (host_id = (select auth.uid()))
with check (host_id = (select auth.uid()));

create policy "participants see each other" on public.cooking_participants
for select to authenticated
using (user_id = (select auth.uid()) or session_id in (select recipes_private.own_cooking_sessions()));

create policy "whoever can read the recipe may join while it is cooked" on public.cooking_participants
for insert to authenticated
with check (
  user_id = (select auth.uid())
  and exists (select from public.recipes where id = recipes_private.recipe_being_cooked(session_id))
);

create policy "participants leave" on public.cooking_participants
for delete to authenticated using (user_id = (select auth.uid()));

create policy "participants read messages" on public.cooking_messages
for select to authenticated using (session_id in (select recipes_private.own_cooking_sessions()));

create policy "participants write messages while the session is active" on public.cooking_messages
for insert to authenticated
with check (
  user_id = (select auth.uid())
  and session_id in (select recipes_private.own_cooking_sessions())
  and recipes_private.recipe_being_cooked(session_id) is not null
);

revoke all on public.cooking_sessions, public.cooking_participants, public.cooking_messages
from public, anon, authenticated;
grant select, insert (recipe_id, step_count), update (current_step, status) on public.cooking_sessions to authenticated;
grant select, insert (session_id), delete on public.cooking_participants to authenticated;
grant select, insert (session_id, text) on public.cooking_messages to authenticated;
grant all on public.cooking_sessions, public.cooking_participants, public.cooking_messages to service_role;
