-- What the probes of `npm run prove` leave behind. `key` is the client's own; it is not unique on purpose, so that an
-- effect that happens twice is two rows.
create table public.probe_effects (
  id bigint generated always as identity primary key,
  owner_id uuid not null default auth.uid(),
  key text not null,
  created_at timestamptz(3) not null default now()
);

alter table public.probe_effects enable row level security;
alter table public.probe_effects force row level security;

create policy "owners read their effects" on public.probe_effects
for select to authenticated using (owner_id = (select auth.uid()));

create policy "owners write effects" on public.probe_effects
for insert to authenticated with check (owner_id = (select auth.uid()));

revoke all on public.probe_effects from public, anon, authenticated;
grant select, insert (key) on public.probe_effects to authenticated;
grant all on public.probe_effects to service_role;
