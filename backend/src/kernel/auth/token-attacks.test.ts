import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import { authConfig } from '../../../test/support/auth-config.ts';
import { startKeyServer, type KeyServer } from '../../../test/support/key-server.ts';
import {
  makeSigningKey,
  segment,
  signWith,
  userClaims,
  type SigningKey,
} from '../../../test/support/tokens.ts';
import { Secret } from '../config/index.ts';
import { createLogger } from '../logging/index.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

const logger = createLogger({ level: 'silent' });
const hmacSecret = 'a-secret-of-this-test-and-of-nothing-else';

let ours: SigningKey;
let rsa: SigningKey;
let theirs: SigningKey;
let keyServer: KeyServer;
/** The attacker's server: it must never be asked. */
let trap: KeyServer;
let verifier: TokenVerifier;
/** Of a project that still signs with a secret. */
let legacy: TokenVerifier;

beforeAll(async () => {
  [ours, rsa, theirs] = await Promise.all([
    makeSigningKey('ES256', 'ours'),
    makeSigningKey('RS256', 'rsa'),
    makeSigningKey('ES256', 'theirs'),
  ]);
  keyServer = await startKeyServer({ keys: [ours.publicJwk, rsa.publicJwk] });
  trap = await startKeyServer({ keys: [theirs.publicJwk] });
  verifier = createTokenVerifier(authConfig(keyServer.url), { logger });
  const hs256 = { kind: 'on', secret: new Secret(hmacSecret) } as const;
  legacy = createTokenVerifier(authConfig(keyServer.url, { hs256 }), { logger });
});

afterAll(async () => {
  verifier.close();
  legacy.close();
  await keyServer.close();
  await trap.close();
});

const header = (more: Record<string, unknown> = {}) => ({
  alg: 'ES256',
  typ: 'JWT',
  kid: 'ours',
  ...more,
});
const signed = (claims: Record<string, unknown>) => signWith(ours, userClaims(claims));
const headed = (more: Record<string, unknown>, key = theirs) =>
  signWith(key, userClaims(), header(more));
const hmac = (head: unknown, key: string | Buffer): string => {
  const input = `${segment(head)}.${segment(userClaims())}`;
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
};
/** The genuine token with one segment changed. */
async function altered(change: (segments: string[]) => string[]): Promise<string> {
  return change((await signed({})).split('.')).join('.');
}
const json = (claims: Record<string, unknown>) => JSON.stringify(userClaims(claims)).slice(1);

const attacks: Record<string, () => string | Promise<string>> = {
  // Not a token
  'an empty string': () => '',
  'two segments': async () => altered(([a = '', b = '']) => [a, b]),
  'four segments': async () => altered((segments) => [...segments, 'x']),
  'an encrypted token': () => 'a.b.c.d.e',
  'white space around it': async () => ` ${await signed({})}`,
  'a line break inside': async () => altered(([a = '', b = '', c = '']) => [a, `${b}\n`, c]),
  'more than 8 KB': async () => signed({ user_metadata: { text: 'x'.repeat(9_000) } }),
  'a header that is a list': () => signWith(ours, userClaims(), ['ES256']),
  'a header that is no JSON': () => signWith(ours, userClaims(), '{"alg":"ES256"'),
  'a payload that is no object': () => signWith(ours, '"text"'),
  'a payload that is not UTF-8': () =>
    signWith(ours, Buffer.concat([Buffer.from('{"x":"\xff",', 'latin1'), Buffer.from(json({}))])),

  // Another spelling of a genuine token
  'padded base64': async () => altered(([a = '', b = '', c = '']) => [a, b, `${c}==`]),
  'the other base64 alphabet': async () =>
    altered(([a = '', b = '', c = '']) => [a, b, `${c.slice(0, -2)}+/`]),
  'unused bits that are not zero': async () =>
    altered(([a = '', b = '', c = '']) => {
      const last = c.at(-1) ?? '';
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      return [a, b, c.slice(0, -1) + (alphabet[alphabet.indexOf(last) + 1] ?? '')];
    }),

  // Signatures
  'alg none': () => `${segment({ alg: 'none' })}.${segment(userClaims())}.`,
  'alg None with a signature': async () => headed({ alg: 'None' }, ours),
  'no alg': () => signWith(ours, userClaims(), { kid: 'ours', typ: 'JWT' }),
  'an alg that is a list': async () => headed({ alg: ['ES256'] }, ours),
  'an alg nobody allowed': async () => headed({ alg: 'ES384' }, ours),
  'an empty signature': async () => altered(([a = '', b = '']) => [a, b, '']),
  'a signature of zeros': async () => altered(([a = '', b = '']) => [a, b, 'A'.repeat(86)]),
  'a signature in DER form': async () =>
    altered(([a = '', b = '', c = '']) => {
      const raw = Buffer.from(c, 'base64url');
      const half = (part: Buffer) => Buffer.concat([Buffer.from([2, 33, 0]), part]);
      const body = Buffer.concat([half(raw.subarray(0, 32)), half(raw.subarray(32))]);
      const der = Buffer.concat([Buffer.from([0x30, body.length]), body]);
      return [a, b, der.toString('base64url')];
    }),
  'a payload that was changed': async () =>
    altered(([a = '', , c = '']) => [a, segment(userClaims({ sub: crypto.randomUUID() })), c]),
  'the id of our key over a signature of theirs': async () => headed({}),
  'an RSA key named for an EC signature': async () => headed({ kid: 'rsa' }, ours),
  'RS256 with an EC key': async () => headed({ alg: 'RS256' }, ours),

  // HMAC
  'HS256 with our public key as the secret': () =>
    hmac(header({ alg: 'HS256' }), JSON.stringify(ours.publicJwk)),
  'HS256 with the raw public point as the secret': () =>
    hmac(header({ alg: 'HS256' }), Buffer.from(String(ours.publicJwk.x), 'base64url')),
  'HS256 where no secret is configured': () => hmac({ alg: 'HS256', typ: 'JWT' }, hmacSecret),
  'HS256 with an empty secret': () => hmac({ alg: 'HS256', typ: 'JWT' }, ''),

  // Keys that the token brings along
  'jwk in the header': async () => headed({ jwk: theirs.publicJwk }),
  'jku in the header': async () => headed({ jku: trap.url, kid: 'theirs' }),
  'jku beside a genuine signature': async () => headed({ jku: trap.url }, ours),
  'x5u in the header': async () => headed({ x5u: trap.url, kid: 'theirs' }),
  'x5c in the header': async () => headed({ x5c: ['MIIB'] }, ours),
  'crit in the header': async () => headed({ crit: ['exp'] }, ours),
  'b64 in the header': async () => headed({ b64: false, crit: ['b64'] }, ours),
  'no key id': async () => headed({ kid: undefined }, ours),
  'a key id that is a path': async () => headed({ kid: '../../../../dev/null' }),
  'a key id that is SQL': async () => headed({ kid: "' UNION SELECT 'x" }),
  'a key id that is __proto__': async () => headed({ kid: '__proto__' }),
  'a key id that is an object': async () => headed({ kid: { ours: true } }, ours),
  'an alg that is named twice': () =>
    signWith(ours, userClaims(), '{"alg":"none","alg":"ES256","kid":"ours"}'),
  'another kind of token': async () => headed({ typ: 'dpop+jwt' }, ours),

  // Claims
  'another issuer': () => signed({ iss: 'https://evil.test/auth/v1' }),
  'an issuer that begins like ours': () => signed({ iss: 'https://project.test/auth/v1.evil' }),
  'no issuer': () => signed({ iss: undefined }),
  'an issuer in a list': () => signed({ iss: ['https://project.test/auth/v1'] }),
  'another audience': () => signed({ aud: 'other' }),
  'no audience': () => signed({ aud: undefined }),
  'no subject': () => signed({ sub: undefined }),
  'a subject that is no UUID': () => signed({ sub: 'admin' }),
  'a subject that is a list': () => signed({ sub: [crypto.randomUUID()] }),
  'a subject with a line break': () => signed({ sub: `${crypto.randomUUID()}\n` }),
  'no expiry': () => signed({ exp: undefined }),
  'an expiry that is text': () => signed({ exp: '9999999999' }),
  'an expiry beyond all time': () => signed({ exp: 1e300 }),
  'an issuing time that is text': () => signed({ iat: 'yesterday' }),
  'not valid before an hour from now': () => signed({ nbf: Date.now() / 1000 + 3_600 }),
  'a start that is text': () => signed({ nbf: '0' }),
  'the service_role key': () => signed({ role: 'service_role' }),
  'the anon key': () => signed({ role: 'anon' }),
  'no role': () => signed({ role: undefined }),
  'a role in a list': () => signed({ role: ['authenticated'] }),
  'a session id that is no UUID': () => signed({ session_id: '' }),
  'an email that is an object': () => signed({ email: { $ne: null } }),
  'is_anonymous that is text': () => signed({ is_anonymous: 'false' }),
  'a subject that is named twice': () =>
    signWith(ours, `{"sub":"${crypto.randomUUID()}",${json({})}`),
  'a claim named twice, once with an escape': () =>
    signWith(ours, `{"rol\\u0065":"anon",${json({})}`),
  'a nested member that is named twice': () =>
    signWith(ours, `{"app_metadata_2":{"role":"user","role":"admin"},${json({})}`),
};

describe('forged and foreign tokens', () => {
  test('the genuine one is accepted, so that the refusals below mean something', async () => {
    const claims = userClaims();
    await expect(verifier.verify(await signWith(ours, claims))).resolves.toMatchObject({
      sub: claims.sub,
    });
  });

  test.each(Object.entries(attacks))('%s is refused', async (_name, forge) => {
    const token = await forge();
    await expect(verifier.verify(token)).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
      statusCode: 401,
    });
  });

  test('nobody asked the attacker, and one unknown key id was worth one question', () => {
    expect(trap.requests()).toBe(0);
    expect(keyServer.requests()).toBeLessThanOrEqual(2);
  });
});

describe('a project with a secret', () => {
  const sign = (secret: string, claims = userClaims()) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: 'whatever' })
      .sign(Buffer.from(secret));

  test('accepts tokens signed with it, and those of its public keys', async () => {
    await expect(legacy.verify(await sign(hmacSecret))).resolves.toMatchObject({ role: 'user' });
    await expect(legacy.verify(await signed({}))).resolves.toMatchObject({ role: 'user' });
  });

  test.each([
    ['another secret', () => sign('another-secret-that-is-long-enough-too')],
    ['a public key as the secret', () => sign(JSON.stringify(ours.publicJwk))],
    ['the service_role key', () => sign(hmacSecret, userClaims({ role: 'service_role' }))],
    [
      'HS512 with the right secret',
      () =>
        new SignJWT(userClaims())
          .setProtectedHeader({ alg: 'HS512' })
          .sign(Buffer.from(hmacSecret.repeat(2))),
    ],
  ])('refuses %s', async (_name, forge) => {
    await expect(legacy.verify(await forge())).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });
});
