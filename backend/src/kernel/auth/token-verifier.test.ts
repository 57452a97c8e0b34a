import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { authConfig } from '../../../test/support/auth-config.ts';
import { startKeyServer, type KeyServer } from '../../../test/support/key-server.ts';
import {
  makeSigningKey,
  signWith,
  userClaims,
  type SigningKey,
} from '../../../test/support/tokens.ts';
import { createLogger } from '../logging/index.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

const logger = createLogger({ level: 'silent' });

let key: SigningKey;
let keyServer: KeyServer;
let now: number;
let verifier: TokenVerifier;

beforeAll(async () => {
  key = await makeSigningKey();
  keyServer = await startKeyServer({ keys: [key.publicJwk] });
});

afterAll(() => keyServer.close());

beforeEach(() => {
  now = Date.now();
  verifier = createTokenVerifier(authConfig(keyServer.url), { logger, clock: () => now });
});

afterEach(() => {
  verifier.close();
});

const seconds = () => Math.floor(now / 1000);
const verify = async (claims: Record<string, unknown>) =>
  verifier.verify(await signWith(key, userClaims(claims)));

describe('claims', () => {
  test('are what the token says', async () => {
    const claims = userClaims();
    expect(await verifier.verify(await signWith(key, claims))).toEqual({
      sub: claims.sub,
      exp: claims.exp,
      expiresAt: new Date(Number(claims.exp) * 1_000).toISOString(),
      iat: claims.iat,
      sessionId: claims.session_id,
      email: 'ada@example.com',
      isAnonymous: false,
      role: 'user',
      payload: claims,
    });
  });

  test('that Supabase leaves out or leaves empty are undefined', async () => {
    const claims = { iat: undefined, session_id: undefined, email: '', is_anonymous: undefined };
    expect(await verify(claims)).toMatchObject({
      iat: undefined,
      sessionId: undefined,
      email: undefined,
      isAnonymous: false,
    });
  });

  test('cannot be changed, because later requests get the same ones', async () => {
    const claims = await verify({});
    const metadata = claims.payload.app_metadata as { role?: string };
    expect(() => (metadata.role = 'admin')).toThrow(TypeError);
    expect(() => Object.assign(claims, { role: 'admin' })).toThrow(TypeError);
  });

  test.each([
    ['admin', 'admin'],
    ['service', 'service'],
    ['user', 'user'],
    ['superuser', 'user'],
    ['Admin', 'user'],
    [['admin'], 'user'],
    [undefined, 'user'],
  ])('app_metadata.role %p gives the role %s', async (role, expected) => {
    expect(await verify({ app_metadata: { role } })).toMatchObject({ role: expected });
  });

  test.each([
    ['user_metadata', { user_metadata: { role: 'admin' } }],
    ['the top level', { app_role: 'admin', roles: ['admin'] }],
    ['a prototype', { app_metadata: JSON.parse('{"__proto__":{"role":"admin"}}') as unknown }],
    ['metadata that is text', { app_metadata: 'admin' }],
    ['metadata that is a list', { app_metadata: [{ role: 'admin' }] }],
  ])('a role from %s counts for nothing', async (_where, claims) => {
    expect(await verify(claims)).toMatchObject({ role: 'user' });
  });

  test('an audience among several is enough', async () => {
    await expect(verify({ aud: ['other', 'authenticated'] })).resolves.toBeDefined();
  });

  test('RS256 is as good as ES256', async () => {
    const rsa = await makeSigningKey('RS256');
    const server = await startKeyServer({ keys: [key.publicJwk, rsa.publicJwk] });
    const both = createTokenVerifier(authConfig(server.url), { logger });
    await expect(both.verify(await signWith(rsa, userClaims()))).resolves.toBeDefined();
    await expect(both.verify(await signWith(key, userClaims()))).resolves.toBeDefined();
    const onlyElliptic = createTokenVerifier(
      authConfig(server.url, { jwksAlgorithms: ['ES256'] }),
      { logger },
    );
    await expect(onlyElliptic.verify(await signWith(rsa, userClaims()))).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
    });
    await server.close();
  });
});

describe('times', () => {
  test('a token is expired from its very second on, also one that was accepted before', async () => {
    const token = await signWith(key, userClaims({ exp: seconds() + 10 }));
    await expect(verifier.verify(token)).resolves.toBeDefined();
    now = (seconds() + 10) * 1000 - 1;
    await expect(verifier.verify(token)).resolves.toBeDefined();
    now += 1;
    await expect(verifier.verify(token)).rejects.toMatchObject({
      code: 'TOKEN_EXPIRED',
      statusCode: 401,
    });
  });

  test('a token that was never seen before is expired from the same second on', async () => {
    await expect(verify({ exp: seconds() })).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    await expect(verify({ exp: seconds() - 60 })).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  test("the issuer's clock may be five seconds ahead, not more", async () => {
    await expect(verify({ nbf: seconds() + 5 })).resolves.toBeDefined();
    await expect(verify({ nbf: seconds() + 7 })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  test('a clock that was set back makes an accepted token not valid yet', async () => {
    const token = await signWith(key, userClaims({ nbf: seconds() }));
    await expect(verifier.verify(token)).resolves.toBeDefined();
    now -= 60_000;
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });
});

describe('the kept verdict', () => {
  test('spares the signature: the same claims come back for the same text', async () => {
    const token = await signWith(key, userClaims());
    expect(await verifier.verify(token)).toBe(await verifier.verify(token));
  });

  test('holds for this very text only', async () => {
    const token = await signWith(key, userClaims());
    await verifier.verify(token);
    for (const other of [`${token}=`, `${token} `, token.slice(0, -1), `${token}A`]) {
      await expect(verifier.verify(other)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    }
  });
});
