-- Tables of the kernel live here. Supabase's Data API does not expose the schema, and no client role may look into it.
create schema if not exists bulwark;
revoke all on schema bulwark from public, anon, authenticated;
grant usage on schema bulwark to service_role;
