import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { maxPreviousKeys } from '../signing-keys.ts';
import { clientOf, openStand, present, signIn, signUp, together } from './stand.ts';
import type { Stand } from './stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await openStand();
});
afterAll(() => stand.close());

async function publishedKeys(url = stand.issuer.url) {
  const response = await fetch(`${url}/auth/v1/.well-known/jwks.json`);
  return ((await response.json()) as { keys: Record<string, unknown>[] }).keys;
}

function bearer(key: string) {
  return { apikey: key, authorization: `Bearer ${key}` };
}

describe('an access token', () => {
  test('carries the claims of Supabase and verifies against the published keys', async () => {
    const { session, user, email } = await signUp(stand);
    const issuer = `${stand.issuer.url}/auth/v1`;
    const jwks = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(session.access_token, jwks, {
      issuer,
      audience: 'authenticated',
      algorithms: ['ES256'],
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: expect.any(String), typ: 'JWT' });
    expect(payload).toMatchObject({
      sub: user.id,
      email,
      phone: '',
      role: 'authenticated',
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: expect.any(Number) }],
      session_id: expect.any(String),
      is_anonymous: false,
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: { email },
    });
    expect(present(payload.exp) - present(payload.iat)).toBe(3600);
  });

  test('is verified by getClaims without asking for the user, and not after tampering', async () => {
    const { client, session } = await signUp(stand);
    const { data, error } = await client.auth.getClaims(session.access_token);
    expect(error).toBeNull();
    expect(data?.claims.sub).toBe(session.user.id);

    const [head, , signature] = session.access_token.split('.');
    const claims = { ...data?.claims, role: 'service_role' };
    const forged = [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature];
    expect((await client.auth.getClaims(forged.join('.'))).error?.code).toBe('invalid_jwt');
    const user = await client.auth.getUser(forged.join('.'));
    expect(user.error).toMatchObject({ code: 'bad_jwt', status: 403 });
  });

  test('is refused once it has expired', async () => {
    const hasty = await stand.startAnother({ accessTokenTtlSeconds: 0 });
    const { email } = await signUp(stand);
    const client = clientOf(hasty.url, hasty.anonKey);
    const response = await fetch(`${hasty.url}/auth/v1/token?grant_type=password`, {
      method: 'POST',
      headers: { apikey: hasty.anonKey },
      body: JSON.stringify({ email, password: 'correct horse battery' }),
    });
    const { access_token: expired } = (await response.json()) as { access_token: string };
    const { error } = await client.auth.getUser(expired);
    expect(error).toMatchObject({ code: 'bad_jwt', status: 403 });
  });
});

describe('rotating the signing key', () => {
  test('signs with a new key and keeps live tokens valid, until theirs is too old', async () => {
    const { email, session } = await signUp(stand);
    const stillValid = async () =>
      (await stand.client().auth.getUser(session.access_token)).error === null &&
      (await stand.client().auth.getClaims(session.access_token)).error === null;
    const oldKid = decodeProtectedHeader(session.access_token).kid;

    for (let rotation = 1; rotation <= maxPreviousKeys; rotation += 1) {
      const newKid = await stand.issuer.rotateKeys();
      const next = await signIn(stand, email);
      expect(decodeProtectedHeader(next.session.access_token).kid).toBe(newKid);
      expect((await next.client.auth.getUser()).error).toBeNull();
      expect((await publishedKeys())[0]).toMatchObject({ kid: newKid });
      expect(await stillValid()).toBe(true);
    }

    await stand.issuer.rotateKeys();
    const keys = await publishedKeys();
    expect(keys).toHaveLength(maxPreviousKeys + 1);
    expect(keys.map(({ kid }) => kid)).not.toContain(oldKid);
    expect(await stillValid()).toBe(false);
  });

  test('is a command for the service-role key, heard by every emulator on the database', async () => {
    const beside = await stand.startAnother();
    const rotateWith = (key: string) =>
      fetch(`${stand.issuer.url}/local/rotate-keys`, { method: 'POST', headers: bearer(key) });
    const before = await publishedKeys();
    expect((await rotateWith(stand.issuer.anonKey)).status).toBe(403);
    expect(await publishedKeys()).toEqual(before);

    const response = await rotateWith(stand.issuer.serviceRoleKey);
    const { kid } = (await response.json()) as { kid: string };
    expect(before.map((key) => key['kid'])).not.toContain(kid);
    expect((await publishedKeys(beside.url))[0]).toMatchObject({ kid });
  });

  test('leaves one active key when several rotate at once', async () => {
    const text = 'lock table local_auth.signing_keys';
    const kids = await together(stand, { text }, 4, () => stand.issuer.rotateKeys());
    const keys = await publishedKeys();
    expect(keys).toHaveLength(maxPreviousKeys + 1);
    expect(kids).toContain(keys[0]?.['kid']);
  });

  test('publishes public keys only', async () => {
    for (const key of await publishedKeys()) {
      expect(Object.keys(key).sort()).toEqual(
        ['alg', 'crv', 'ext', 'key_ops', 'kid', 'kty', 'use', 'x', 'y'].sort(),
      );
    }
  });
});

describe('a restart', () => {
  test('keeps the API keys, the signing keys and every session', async () => {
    const { session } = await signUp(stand);
    const before = await stand.startAnother();
    const keys = await publishedKeys(before.url);
    await before.close();
    const [after, beside] = await Promise.all([stand.startAnother(), stand.startAnother()]);
    for (const { url, anonKey, serviceRoleKey } of [after, beside]) {
      expect(anonKey).toBe(before.anonKey);
      expect(serviceRoleKey).toBe(before.serviceRoleKey);
      expect(await publishedKeys(url)).toEqual(keys);
      const client = clientOf(url, anonKey);
      expect((await client.auth.getUser(session.access_token)).data.user?.id).toBe(session.user.id);
    }
  });
});
