import { Router } from 'express';
import { tokenBody } from './access-tokens.ts';
import { clientOf, requireUser } from './callers.ts';
import type { AuthContext } from './context.ts';
import { transaction } from './database.ts';
import { AuthError } from './errors.ts';
import { changeOwnUser } from './own-user.ts';
import { matchesPassword } from './passwords.ts';
import { swapRefreshToken } from './refresh-tokens.ts';
import { readFields, textField } from './request-fields.ts';
import type { Fields } from './request-fields.ts';
import { endSessions, openSession, touchSession } from './sessions.ts';
import type { Client } from './sessions.ts';
import { signUp } from './sign-up.ts';
import { userBody } from './user-body.ts';
import { isBanned } from './user-columns.ts';
import { findUserByEmail, findUserById } from './users.ts';

/** What a user does with the own account. */
export function accountRoutes(context: AuthContext): Router {
  const router = Router();

  router.post('/signup', async (req, res) => {
    res.json(await signUp(context, readFields(req), clientOf(req)));
  });

  router.post('/token', async (req, res, next) => {
    const grant = req.query['grant_type'];
    if (grant === 'password') {
      res.json(await signInWithPassword(context, readFields(req), clientOf(req)));
    } else if (grant === 'refresh_token') {
      res.json(await refresh(context, readFields(req), clientOf(req)));
    } else next();
  });

  router.get('/user', async (req, res) => {
    const { user } = await requireUser(context, req);
    res.json(userBody(user));
  });

  router.put('/user', async (req, res) => {
    res.json(await changeOwnUser(context, await requireUser(context, req), readFields(req)));
  });

  router.post('/logout', async (req, res) => {
    const { user, sessionId } = await requireUser(context, req);
    const scope = req.query['scope'] ?? 'global';
    if (scope === 'global') await endSessions(context.pool, user.id, scope);
    else if (scope === 'local' || scope === 'others') {
      await endSessions(context.pool, user.id, scope, sessionId);
    } else throw new AuthError(400, 'validation_failed', 'The scope is global, local or others');
    res.status(204).end();
  });

  return router;
}

async function signInWithPassword(
  context: AuthContext,
  fields: Fields,
  client: Client,
): Promise<object> {
  const email = textField(fields, 'email').toLowerCase();
  if (textField(fields, 'phone') !== '') {
    throw new AuthError(422, 'phone_provider_disabled', 'Sign-in by phone is not available');
  }
  if (email === '') throw new AuthError(400, 'validation_failed', 'An email address is needed');
  const user = await findUserByEmail(context.pool, email);
  const isRight = await matchesPassword(
    textField(fields, 'password'),
    user?.encrypted_password ?? null,
  );
  if (user === undefined || !isRight) {
    throw new AuthError(400, 'invalid_credentials', 'Invalid login credentials');
  }
  if (isBanned(user)) throw new AuthError(400, 'user_banned', 'The user is banned');
  if (user.email_confirmed_at === null) {
    throw new AuthError(400, 'email_not_confirmed', 'The email address is not confirmed');
  }
  const grant = await transaction(context.pool, async (db) => {
    const opened = await openSession(db, user.id, 'password', client);
    return { user: (await findUserById(db, user.id)) ?? user, ...opened };
  });
  return tokenBody(context, grant);
}

async function refresh(context: AuthContext, fields: Fields, client: Client): Promise<object> {
  const token = textField(fields, 'refresh_token');
  if (token === '') throw new AuthError(400, 'validation_failed', 'A refresh token is needed');
  const grant = await transaction(context.pool, async (db) => {
    const swap = await swapRefreshToken(db, token, context.refreshReuseIntervalSeconds);
    if (swap.kind === 'reused') return undefined;
    return { ...swap, session: await touchSession(db, swap.sessionId, client) };
  });
  if (grant === undefined) {
    throw new AuthError(
      400,
      'refresh_token_already_used',
      'The refresh token was used before; its session has been ended',
    );
  }
  return tokenBody(context, grant);
}
