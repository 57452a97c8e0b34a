import { randomBytes } from 'node:crypto';
import type { Queryable } from './database.ts';
import { AuthError } from './errors.ts';
import { isBanned } from './user-columns.ts';
import { findUserById } from './users.ts';
import type { User } from './user-columns.ts';

export type Refresh =
  { kind: 'refreshed'; user: User; sessionId: string; refreshToken: string } | { kind: 'reused' };

/**
 * Swaps a refresh token for the next one. Whoever comes with a token already swapped gets the active
 * one within the reuse interval; after it the session ends with all its tokens, since one of the two
 * holders must be a thief. That ending has to be committed, so it is an outcome, not an error.
 */
export async function swapRefreshToken(
  db: Queryable,
  token: string,
  reuseIntervalSeconds: number,
): Promise<Refresh> {
  const session = await lockSessionOf(db, token);
  // Read only under the lock: what the query for the lock saw may be older.
  const found = await findToken(db, token, reuseIntervalSeconds);
  const user = session && (await findUserById(db, session.user_id));
  if (session === undefined || user === undefined || found === undefined) {
    throw new AuthError(400, 'refresh_token_not_found', 'The refresh token is unknown');
  }
  if (isBanned(user)) throw new AuthError(400, 'user_banned', 'The user is banned');
  if (session.is_over) throw new AuthError(400, 'session_expired', 'The session has expired');

  const owner = { userId: user.id, sessionId: session.id };
  if (!found.revoked) {
    await db.query(
      // Not now(): a transaction that waited for the lock may have begun before this one.
      'update auth.refresh_tokens set revoked = true, updated_at = clock_timestamp() where token = $1',
      [token],
    );
    const refreshToken = await insertRefreshToken(db, owner, token);
    return { kind: 'refreshed', user, sessionId: session.id, refreshToken };
  }
  if (found.within_reuse_interval && found.active_token !== null) {
    return { kind: 'refreshed', user, sessionId: session.id, refreshToken: found.active_token };
  }
  await db.query('delete from auth.sessions where id = $1', [session.id]);
  return { kind: 'reused' };
}

export async function insertRefreshToken(
  db: Queryable,
  { userId, sessionId }: { userId: string; sessionId: string },
  parent: string | null = null,
): Promise<string> {
  const token = randomBytes(24).toString('base64url');
  await db.query(
    `insert into auth.refresh_tokens
       (token, user_id, session_id, parent, revoked, created_at, updated_at)
     values ($1, $2, $3, $4, false, now(), now())`,
    [token, userId, sessionId, parent],
  );
  return token;
}

/** The session's row is the lock of the whole family: two refreshes at once go one after the other. */
async function lockSessionOf(
  db: Queryable,
  token: string,
): Promise<{ id: string; user_id: string; is_over: boolean } | undefined> {
  const { rows } = await db.query<{ id: string; user_id: string; is_over: boolean }>(
    `select s.id, s.user_id, coalesce(s.not_after < now(), false) as is_over
     from auth.sessions s join auth.refresh_tokens t on t.session_id = s.id
     where t.token = $1 for update of s`,
    [token],
  );
  return rows[0];
}

interface FoundToken {
  revoked: boolean;
  within_reuse_interval: boolean;
  /** The token of the same session that may be swapped now. */
  active_token: string | null;
}

async function findToken(
  db: Queryable,
  token: string,
  reuseIntervalSeconds: number,
): Promise<FoundToken | undefined> {
  const { rows } = await db.query<FoundToken & object>(
    `select coalesce(t.revoked, false) as revoked,
       t.updated_at + make_interval(secs => $2) > clock_timestamp() as within_reuse_interval,
       (select a.token from auth.refresh_tokens a
        where a.session_id = t.session_id and not a.revoked order by a.id desc limit 1) as active_token
     from auth.refresh_tokens t where t.token = $1`,
    [token, reuseIntervalSeconds],
  );
  return rows[0];
}
