import { randomUUID } from 'node:crypto';
import type { Queryable } from './database.ts';
import { insertRefreshToken } from './refresh-tokens.ts';

/** Where a session is used from. */
export interface Client {
  readonly userAgent: string | null;
  readonly ip: string | null;
}

/** What an access token says about its session. */
export interface Session {
  readonly id: string;
  /** How the user signed in, and when, in seconds since 1970. */
  readonly amr: readonly { method: string; timestamp: number }[];
}

export async function openSession(
  db: Queryable,
  userId: string,
  method: 'password' | 'anonymous',
  client: Client,
): Promise<{ session: Session; refreshToken: string }> {
  const id = randomUUID();
  await db.query(
    `insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip)
     values ($1, $2, now(), now(), 'aal1', $3, $4)`,
    [id, userId, client.userAgent, client.ip],
  );
  await db.query(
    `insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
     values ($1, $2, now(), now(), $3)`,
    [randomUUID(), id, method],
  );
  await db.query('update auth.users set last_sign_in_at = now() where id = $1', [userId]);
  const refreshToken = await insertRefreshToken(db, { userId, sessionId: id });
  return { session: await readSession(db, id), refreshToken };
}

/** Notes that the session was refreshed just now. */
export async function touchSession(db: Queryable, id: string, client: Client): Promise<Session> {
  await db.query(
    `update auth.sessions set refreshed_at = now() at time zone 'utc', updated_at = now(),
       user_agent = $2, ip = $3 where id = $1`,
    [id, client.userAgent, client.ip],
  );
  return readSession(db, id);
}

/** Ends a user's sessions with their refresh tokens: all, the given one, or all but it. */
export async function endSessions(
  db: Queryable,
  userId: string,
  ...[scope, sessionId]: ['global'] | [scope: 'local' | 'others', sessionId: string]
): Promise<void> {
  await db.query(
    `delete from auth.sessions where user_id = $1 and case $2::text
       when 'local' then id = $3 when 'others' then id <> $3 else true end`,
    [userId, scope, sessionId ?? null],
  );
}

async function readSession(db: Queryable, id: string): Promise<Session> {
  const { rows } = await db.query<{ method: string; timestamp: number }>(
    `select authentication_method as method, extract(epoch from updated_at)::int as timestamp
     from auth.mfa_amr_claims where session_id = $1 order by updated_at desc`,
    [id],
  );
  return { id, amr: rows };
}
