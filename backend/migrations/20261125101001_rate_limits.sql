-- What each caller has used up of each tier, counted over all processes. Unlogged: a counter is worth nothing after its
-- minute, so none of its writes goes through the write-ahead log, and a crash of the database merely starts all at zero.
-- No index on window_ends_at: an update that touches no index stays within its page, where half of the room is left for it.
create unlogged table bulwark.rate_limits (
  key text primary key,
  points integer not null,
  window_ends_at timestamptz not null
) with (fillfactor = 50);

revoke all on bulwark.rate_limits from public, anon, authenticated, service_role;
