-- PSA certificates with their images, as they were last looked up, and how often a provider was called today.

create table catalog.certificates (
  number text primary key check (number ~ '^[0-9]{5,10}$'),
  spec_id integer,
  year text,
  brand text,
  category text,
  card_number text,
  subject text,
  variety text,
  label_type text,
  grade text,
  grade_description text,
  is_dual boolean not null default false,
  population integer,
  population_with_qualifier integer,
  population_higher integer,
  -- [{ url, side }]
  images jsonb not null default '[]' check (jsonb_typeof(images) = 'array'),
  looked_up_at timestamptz(3) not null
);

create table catalog.provider_calls (
  provider text not null,
  day date not null,
  calls integer not null check (calls >= 0),
  primary key (provider, day)
);

alter table catalog.certificates enable row level security;
alter table catalog.certificates force row level security;
alter table catalog.provider_calls enable row level security;
alter table catalog.provider_calls force row level security;
create policy "anybody reads certificates" on catalog.certificates
for select to anon, authenticated using (true);

revoke all on catalog.certificates, catalog.provider_calls from public, anon, authenticated;
grant select on catalog.certificates to anon, authenticated;
grant all on catalog.certificates, catalog.provider_calls to service_role;
