import { createLocalJWKSet, errors, jwtVerify, SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import type { AuthContext } from './context.ts';
import { AuthError } from './errors.ts';
import type { Session } from './sessions.ts';
import { signingAlgorithm } from './signing-keys.ts';
import { userBody } from './user-body.ts';
import type { User } from './user-columns.ts';

/** What a sign-up, sign-in or refresh gave the user. */
export interface Grant {
  readonly user: User;
  readonly session: Session;
  readonly refreshToken: string;
}

/**
 * The answer to a sign-up, sign-in or refresh. Made after the grant is committed: signing reads the
 * keys on a connection of its own, and a pool full of transactions would have none left.
 */
export async function tokenBody(
  context: AuthContext,
  { user, session, refreshToken }: Grant,
): Promise<object> {
  const issuedAt = Math.floor(Date.now() / 1000);
  const expiresAt = issuedAt + context.accessTokenTtlSeconds;
  return {
    access_token: await signAccessToken(context, user, session, issuedAt, expiresAt),
    token_type: 'bearer',
    expires_in: context.accessTokenTtlSeconds,
    expires_at: expiresAt,
    refresh_token: refreshToken,
    user: userBody(user),
  };
}

async function signAccessToken(
  { signingKeys, issuer }: AuthContext,
  user: User,
  session: Session,
  issuedAt: number,
  expiresAt: number,
): Promise<string> {
  const { kid, key } = await signingKeys.active();
  const claims = {
    email: user.email ?? '',
    phone: user.phone ?? '',
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    role: user.role ?? '',
    aal: 'aal1',
    amr: session.amr,
    session_id: session.id,
    is_anonymous: user.is_anonymous,
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: signingAlgorithm, kid, typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(user.aud ?? 'authenticated')
    .setSubject(user.id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(key);
}

/**
 * The claims of a live token signed by any key we still hold, or `bad_jwt`. The issuer is not
 * compared: it changes with the port, and the signature already says that the token is ours.
 */
export async function verifyAccessToken(
  { signingKeys }: AuthContext,
  token: string,
): Promise<JWTPayload> {
  const keys = createLocalJWKSet(await signingKeys.jwks());
  try {
    const { payload } = await jwtVerify(token, keys, { algorithms: [signingAlgorithm] });
    return payload;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new AuthError(403, 'bad_jwt', 'The access token is malformed, forged or expired');
  }
}
