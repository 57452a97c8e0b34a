import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';

export interface SigningKey {
  kid: string;
  alg: 'ES256' | 'RS256';
  publicJwk: JWK;
  privateJwk: JWK;
  privateKey: CryptoKey;
}

export const issuer = 'https://project.test/auth/v1';

export async function makeSigningKey(
  alg: SigningKey['alg'] = 'ES256',
  kid: string = randomUUID(),
): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const names = { kid, alg, use: 'sig' };
  return {
    kid,
    alg,
    publicJwk: { ...(await exportJWK(publicKey)), ...names },
    privateJwk: { ...(await exportJWK(privateKey)), ...names },
    privateKey,
  };
}

/** The claims of a signed-in user, as Supabase issues them. */
export function userClaims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    aud: 'authenticated',
    sub: randomUUID(),
    exp: now + 3_600,
    iat: now,
    role: 'authenticated',
    session_id: randomUUID(),
    email: 'ada@example.com',
    phone: '',
    is_anonymous: false,
    aal: 'aal1',
    app_metadata: { provider: 'email', providers: ['email'] },
    user_metadata: { name: 'Ada' },
    ...changes,
  };
}

/** Bytes and text as they are, anything else as JSON. */
export function segment(content: unknown): string {
  const raw = typeof content === 'string' || content instanceof Uint8Array;
  return Buffer.from(raw ? content : JSON.stringify(content)).toString('base64url');
}

/** Signs whatever it is given, texts as they stand: no library would. */
export async function signWith(
  key: SigningKey,
  payload: unknown,
  header: unknown = { alg: key.alg, typ: 'JWT', kid: key.kid },
): Promise<string> {
  const input = `${segment(header)}.${segment(payload)}`;
  const algorithm =
    key.alg === 'ES256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'RSASSA-PKCS1-v1_5' };
  const signature = await crypto.subtle.sign(algorithm, key.privateKey, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}
