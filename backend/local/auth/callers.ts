import type { Request } from 'express';
import { verifyAccessToken } from './access-tokens.ts';
import { isApiKey } from './api-keys.ts';
import type { AuthContext } from './context.ts';
import { AuthError } from './errors.ts';
import type { Client } from './sessions.ts';
import { isUuid } from './request-fields.ts';
import { isBanned } from './user-columns.ts';
import { findUserById } from './users.ts';
import type { User } from './user-columns.ts';

/** The signed-in user of a request and the session its token belongs to. */
export interface SignedIn {
  readonly user: User;
  readonly sessionId: string;
}

/** Throws where the token is bad, its user gone or banned, or its session ended. */
export async function requireUser(context: AuthContext, req: Request): Promise<SignedIn> {
  const token = bearerToken(req);
  if (token === undefined) {
    throw new AuthError(401, 'no_authorization', 'This endpoint needs a bearer token');
  }
  const { sub, session_id: sessionId } = await verifyAccessToken(context, token);
  if (sub === undefined || !isUuid(sub) || typeof sessionId !== 'string' || !isUuid(sessionId)) {
    throw new AuthError(403, 'bad_jwt', 'The access token names no user or no session');
  }
  const user = await findUserById(context.pool, sub);
  if (user === undefined) {
    throw new AuthError(403, 'user_not_found', 'The user of the access token does not exist');
  }
  const { rowCount } = await context.pool.query(
    'select from auth.sessions where id = $1 and user_id = $2',
    [sessionId, sub],
  );
  if (rowCount === 0) {
    throw new AuthError(403, 'session_not_found', 'The session of the access token has ended');
  }
  if (isBanned(user)) throw new AuthError(403, 'user_banned', 'The user is banned');
  return { user, sessionId };
}

/** Lets only the service-role key through, sent as `apikey` or as bearer token. */
export async function requireAdmin(context: AuthContext, req: Request): Promise<void> {
  const { apiKeys } = context;
  const bearer = bearerToken(req);
  if (bearer !== undefined && !isApiKey(apiKeys, bearer)) {
    // A user's token wins over the key beside it, and no user is an admin of the auth service.
    await verifyAccessToken(context, bearer);
    throw new AuthError(403, 'not_admin', 'A user is not allowed to do this');
  }
  if (bearer === apiKeys.serviceRoleKey || req.get('apikey') === apiKeys.serviceRoleKey) return;
  if (bearer === undefined) {
    throw new AuthError(401, 'no_authorization', 'This endpoint needs the service-role key');
  }
  throw new AuthError(403, 'not_admin', 'The anon key is not allowed to do this');
}

export function clientOf(req: Request): Client {
  return { userAgent: req.get('user-agent') ?? null, ip: req.ip ?? null };
}

function bearerToken(req: Request): string | undefined {
  return /^bearer\s+(\S+)$/i.exec(req.get('authorization') ?? '')?.[1];
}
