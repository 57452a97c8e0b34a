import type { Database } from '../db/index.ts';

/** Whose session it is. A token without a session speaks for its user alone. */
export interface Subject {
  userId: string;
  sessionId: string | undefined;
}

export type Standing = 'live' | 'revoked' | 'banned';

/** Postgres gives up on the look-up after this. */
const statementTimeoutMs = 3_000;

const standingQuery = `
  SELECT CASE
    WHEN u.id IS NULL OR u.deleted_at IS NOT NULL THEN 'revoked'
    WHEN u.banned_until > now() THEN 'banned'
    WHEN subject.session_id IS NOT NULL
      AND (s.id IS NULL OR s.not_after <= now()) THEN 'revoked'
    ELSE 'live'
  END AS standing
  FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS subject (user_id, session_id, position)
  LEFT JOIN auth.users u ON u.id = subject.user_id
  LEFT JOIN auth.sessions s ON s.id = subject.session_id AND s.user_id = subject.user_id
  ORDER BY subject.position`;

/** One query for any number of subjects; the answers stand in their order. */
export async function readStandings(
  database: Database,
  subjects: readonly Subject[],
): Promise<Standing[]> {
  const users = subjects.map(({ userId }) => userId);
  const sessions = subjects.map(({ sessionId }) => sessionId ?? null);
  const { rows } = await database.asLogin(
    (tx) => tx.query<{ standing: Standing }>(standingQuery, [users, sessions]),
    { readOnly: true, statementTimeoutMs },
  );
  return rows.map(({ standing }) => standing);
}

export function subjectKey({ userId, sessionId }: Subject): string {
  return `${userId}/${sessionId ?? ''}`;
}
