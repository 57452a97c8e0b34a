import type { Database } from '../db/index.ts';
import type { CacheStore, StoredEntry } from './store.ts';

/** For what touches many rows. */
const sweepWithinMs = 5_000;

const until = (time: string): string => `(extract(epoch from ${time} - now()) * 1000)::float8`;

const read = `
  select value as json, -${until('stored_at')} as "ageMs", ${until('fresh_until')} as "freshForMs",
    ${until('usable_until')} as "usableForMs"
  from bulwark.cache_entries
  where cache = $1 and key = $2 and value is not null and usable_until > now()`;

const claim = `
  insert into bulwark.cache_entries as entry (cache, key, claimed_by, claimed_until, usable_until)
  values ($1, $2, $3, now() + make_interval(secs => $4), now() + make_interval(secs => $4))
  on conflict (cache, key) do update set
    claimed_by = excluded.claimed_by, claimed_until = excluded.claimed_until
  where (entry.claimed_until is null or entry.claimed_until <= now())
    -- Judged by the row as it is now: another may have loaded since it was read.
    and (entry.fresh_until is null or entry.fresh_until <= now())`;

const renew = `
  update bulwark.cache_entries set claimed_until = now() + make_interval(secs => $4)
  where cache = $1 and key = $2 and claimed_by = $3`;

const write = `
  update bulwark.cache_entries set
    value = $4, stored_at = now(), claimed_by = null, claimed_until = null,
    fresh_until = now() + make_interval(secs => $5), usable_until = now() + make_interval(secs => $6)
  where cache = $1 and key = $2 and claimed_by = $3`;

const release = `
  update bulwark.cache_entries set claimed_by = null,
    claimed_until = case when value is null then null else now() + make_interval(secs => $4) end
  where cache = $1 and key = $2 and claimed_by = $3`;

const sweep = `
  delete from bulwark.cache_entries where (cache, key) in (
    select cache, key from bulwark.cache_entries
    -- A holder that was late with its lease may still come back.
    where usable_until < now() and coalesce(claimed_until < now() - interval '1 minute', true)
    limit 10000 for update skip locked)`;

/** One row an entry in `bulwark.cache_entries`, one statement a step. */
export function createPostgresStore(db: Database, withinMs: number): CacheStore {
  const change = async (sql: string, values: readonly unknown[]): Promise<boolean> =>
    (await db.statement(sql, values, withinMs)).rowCount > 0;

  return {
    async read(cache, key) {
      const { rows } = await db.statement<StoredEntry>(read, [cache, key], withinMs);
      return rows[0];
    },
    claim: (cache, key, holder, leaseMs) => change(claim, [cache, key, holder, leaseMs / 1000]),
    async renew(cache, key, holder, leaseMs) {
      await change(renew, [cache, key, holder, leaseMs / 1000]);
    },
    write: (cache, key, holder, { json, freshMs, usableMs }) =>
      change(write, [cache, key, holder, json, freshMs / 1000, usableMs / 1000]),
    async release(cache, key, holder, pauseMs) {
      await change(release, [cache, key, holder, pauseMs / 1000]);
    },
    async remove(cache, key) {
      await change('delete from bulwark.cache_entries where cache = $1 and key = $2', [cache, key]);
    },
    async removeAll(cache) {
      await db.statement(
        'delete from bulwark.cache_entries where cache = $1',
        [cache],
        sweepWithinMs,
      );
    },
    async sweep() {
      await db.statement(sweep, [], sweepWithinMs);
    },
  };
}
