import { randomUUID } from 'node:crypto';
import type { Claims } from '../../src/kernel/auth/index.ts';
import type { Database } from '../../src/kernel/db/index.ts';

/** Plays the auth service: writes its tables directly, over a connection with its role. */
export function authTables(auth: Database) {
  const change = (sql: string, ...values: unknown[]) => auth.asLogin((tx) => tx.query(sql, values));
  return {
    change,
    /** A new user with a session. */
    async signIn(): Promise<Claims> {
      const [userId, sessionId] = [randomUUID(), randomUUID()];
      await change('INSERT INTO auth.users (id) VALUES ($1)', userId);
      await change('INSERT INTO auth.sessions (id, user_id) VALUES ($1, $2)', sessionId, userId);
      return claimsFor(userId, sessionId);
    },
    async logOut({ sessionId }: Claims): Promise<void> {
      await change('DELETE FROM auth.sessions WHERE id = $1', sessionId);
    },
  };
}

export function claimsFor(sub: string, sessionId: string | undefined): Claims {
  return {
    sub,
    sessionId,
    exp: 0,
    expiresAt: '1970-01-01T00:00:00.000Z',
    iat: undefined,
    email: undefined,
    isAnonymous: false,
    role: 'user',
    payload: {},
  };
}
