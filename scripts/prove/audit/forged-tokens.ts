import { randomUUID } from 'node:crypto';
import { generateKeyPair, SignJWT } from 'jose';

/** Tokens that no server may take, each like a real one but for what it is named by. */
export async function forgedTokens(
  origin: string,
  genuine: string | undefined,
): Promise<readonly [name: string, token: string][]> {
  const { privateKey } = await generateKeyPair('ES256');
  const sign = (expires: number) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: randomUUID(), typ: 'JWT' })
      .setIssuedAt(expires - 3_600)
      .setExpirationTime(expires)
      .sign(privateKey);
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: randomUUID(),
    iss: `${origin}/auth/v1`,
    aud: 'authenticated',
    role: 'authenticated',
    session_id: randomUUID(),
    ...payloadOf(genuine),
  };
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${encode({ alg: 'none', typ: 'JWT' })}.${encode({ ...claims, exp: now + 3_600 })}.`;
  const [header, payload] = genuine?.split('.') ?? [];
  return [
    ['garbage', 'garbage'],
    ['unsigned', unsigned],
    ["signed with a stranger's key", await sign(now + 3_600)],
    ['expired, with a key of its own', await sign(now - 60)],
    ...(header === undefined || payload === undefined
      ? []
      : ([
          ['your own, with another signature', `${header}.${payload}.${'A'.repeat(86)}`],
        ] as const)),
  ] as [string, string][];
}

/** Nothing of what is no token. */
function payloadOf(token: string | undefined): Record<string, unknown> {
  try {
    const payload = Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8');
    return JSON.parse(payload) as Record<string, unknown>;
  } catch {
    return {};
  }
}
