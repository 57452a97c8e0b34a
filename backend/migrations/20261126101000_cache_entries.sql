-- What was loaded from elsewhere, for all processes, and who is loading it now. Logged, unlike the rate limits: a row is written
-- once a load, and what stands here is what is served while a provider is down or its quota for the day is spent. A crash
-- of the database must not be the moment in which it is lost.
create table bulwark.cache_entries (
  cache text not null,
  key text not null,
  -- JSON as text: it is only ever read as a whole. Null while the first load is under way.
  value text,
  stored_at timestamptz,
  fresh_until timestamptz,
  -- Not served after this, not even stale.
  usable_until timestamptz not null,
  -- Who may write the value. Whoever invalidates deletes the row, so what was loaded before finds no claim of its own any more.
  claimed_by uuid,
  -- Nobody else loads before this: a lease that its holder renews, or a pause after a load that failed.
  claimed_until timestamptz,
  primary key (cache, key)
);
create index on bulwark.cache_entries (usable_until);

revoke all on bulwark.cache_entries from public, anon, authenticated, service_role;
