import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { authConfig } from '../../../test/support/auth-config.ts';
import { authTables } from '../../../test/support/auth-tables.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { startKeyServer, type KeyServer } from '../../../test/support/key-server.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import {
  makeSigningKey,
  signWith,
  userClaims,
  type SigningKey,
} from '../../../test/support/tokens.ts';
import type { Database } from '../db/index.ts';
import { createLogger } from '../logging/index.ts';
import { createAuthenticator, type Authenticator } from './authenticator.ts';
import { anonymous, userCaller, type AuthRequirement, type Role } from './caller.ts';
import { createSessionLiveness, type SessionLiveness } from './session-liveness.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

const logger = createLogger({ level: 'silent' });

let cloned: Awaited<ReturnType<typeof openTestDatabase>>;
let auth: Database;
let db: Database;
let keyServer: KeyServer;
let key: SigningKey;
let verifier: TokenVerifier;
let liveness: SessionLiveness;
let authenticator: Authenticator;

beforeAll(async () => {
  cloned = await openTestDatabase();
  auth = openDatabase(cloned.authUrl);
  db = openDatabase(cloned.url);
  key = await makeSigningKey();
  keyServer = await startKeyServer({ keys: [key.publicJwk] });
  const config = authConfig(keyServer.url, { sessionCheck: { kind: 'on', intervalMs: 250 } });
  verifier = createTokenVerifier(config, { logger });
  liveness = createSessionLiveness({ database: db, config, logger });
  authenticator = createAuthenticator({ verifier, liveness });
});

afterAll(async () => {
  liveness.close();
  verifier.close();
  await keyServer.close();
  await auth.close();
  await db.close();
  await cloned.drop();
});

/** A signed-in user and their access token. */
async function signIn(changes: Record<string, unknown> = {}) {
  const { sub, sessionId } = await authTables(auth).signIn();
  const token = await signWith(key, userClaims({ sub, session_id: sessionId, ...changes }));
  return { userId: sub, sessionId, token };
}

describe('authenticate', () => {
  test('no header is an anonymous caller', async () => {
    expect(await authenticator.authenticate(undefined)).toBe(anonymous);
  });

  test.each(['Bearer', 'bearer', 'BEARER'])('%s and a good token is that user', async (scheme) => {
    const { userId, token } = await signIn({ app_metadata: { role: 'admin' } });
    expect(await authenticator.authenticate(`${scheme} ${token}`)).toMatchObject({
      kind: 'user',
      userId,
      role: 'admin',
    });
  });

  test.each([
    ['an empty header', () => ''],
    ['no scheme', (token: string) => token],
    ['another scheme', (token: string) => `Basic ${token}`],
    ['a scheme without a token', () => 'Bearer'],
    ['an empty token', () => 'Bearer '],
    ['two tokens', (token: string) => `Bearer ${token} ${token}`],
    ['two headers joined', (token: string) => `Bearer ${token}, Bearer ${token}`],
    ['a broken token', (token: string) => `Bearer ${token}x`],
    ['a token called null', () => 'Bearer null'],
    ['a header beyond all bounds', () => `Bearer ${'a'.repeat(100_000)}`],
  ])('%s is refused and never anonymous', async (_what, header) => {
    const { token } = await signIn();
    await expect(authenticator.authenticate(header(token))).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
      statusCode: 401,
    });
  });

  test('an expired token is refused as such', async () => {
    const { token } = await signIn({ exp: 1 });
    await expect(authenticator.authenticate(`Bearer ${token}`)).rejects.toMatchObject({
      code: 'TOKEN_EXPIRED',
    });
  });

  test('a good token of a session that has ended is refused', async () => {
    const { sessionId, token } = await signIn();
    await authTables(auth).change('DELETE FROM auth.sessions WHERE id = $1', sessionId);
    await expect(authenticator.authenticate(`Bearer ${token}`)).rejects.toMatchObject({
      code: 'SESSION_REVOKED',
      statusCode: 401,
    });
  });
});

describe('authenticateToken', () => {
  test('takes the bare token, and nothing else', async () => {
    const { userId, token } = await signIn();
    expect(await authenticator.authenticateToken(token)).toMatchObject({ kind: 'user', userId });
    for (const other of ['', `Bearer ${token}`]) {
      await expect(authenticator.authenticateToken(other)).rejects.toMatchObject({
        code: 'TOKEN_INVALID',
      });
    }
  });
});

describe('authorize', () => {
  const callers = (['user', 'admin', 'service'] as const).map((role: Role) => ({
    name: role,
    caller: userCaller({
      sub: '',
      exp: 0,
      expiresAt: '1970-01-01T00:00:00.000Z',
      iat: undefined,
      sessionId: undefined,
      email: undefined,
      isAnonymous: false,
      role,
      payload: {},
    }),
  }));
  const everyone = [{ name: 'anonymous', caller: anonymous }, ...callers];
  const admitted: Record<AuthRequirement, string[]> = {
    public: ['anonymous', 'user', 'admin', 'service'],
    user: ['user', 'admin', 'service'],
    admin: ['admin'],
    service: ['service'],
  };
  const cases = Object.entries(admitted).flatMap(([requirement, names]) =>
    everyone.map(({ name, caller }) => ({
      requirement: requirement as AuthRequirement,
      name,
      caller,
      expected: names.includes(name)
        ? undefined
        : name === 'anonymous'
          ? 'UNAUTHENTICATED'
          : 'FORBIDDEN',
    })),
  );

  test.each(cases)(
    '$name at a door for $requirement: $expected',
    ({ caller, requirement, expected }) => {
      let code: unknown;
      try {
        authenticator.authorize(caller, requirement);
      } catch (error) {
        code = (error as { code: string }).code;
      }
      expect(code).toBe(expected);
    },
  );
});
