import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RequestListener } from 'node:http';
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

const lines: string[] = [];
const logger = createLogger({ level: 'debug', destination: { write: (line) => lines.push(line) } });
const cooldownMs = 30_000;
const timeoutMs = 300;
const minute = 60_000;

let one: SigningKey;
let two: SigningKey;
let keyServer: KeyServer;
let elsewhere: KeyServer;
let now: number;
let verifier: TokenVerifier;

beforeAll(async () => {
  [one, two] = await Promise.all([makeSigningKey(), makeSigningKey()]);
});

beforeEach(async () => {
  lines.length = 0;
  keyServer = await startKeyServer({ keys: [one.publicJwk] });
  elsewhere = await startKeyServer({ keys: [one.publicJwk, two.publicJwk] });
  now = Date.now();
  const config = authConfig(keyServer.url, {
    jwksCooldownMs: cooldownMs,
    jwksTimeoutMs: timeoutMs,
  });
  verifier = createTokenVerifier(config, { logger, clock: () => now });
});

afterEach(async () => {
  verifier.close();
  await keyServer.close();
  await elsewhere.close();
});

const tokenOf = (key: SigningKey) => signWith(key, userClaims({ exp: now / 1000 + 86_400 }));
const code = async (token: string | Promise<string>): Promise<string> => {
  try {
    await verifier.verify(await token);
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('fetching', () => {
  test('the keys are fetched when first needed, and once for any number of tokens', async () => {
    expect(keyServer.requests()).toBe(0);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tokenOf(one)));
    expect(await Promise.all(tokens.map(code))).toEqual(tokens.map(() => 'accepted'));
    expect(keyServer.requests()).toBe(1);
  });

  test('any number of unknown key ids costs one fetch per cooldown', async () => {
    expect(await code(tokenOf(one))).toBe('accepted');
    const flood = async () => {
      const tokens = await Promise.all(
        Array.from({ length: 50 }, async () =>
          signWith({ ...two, kid: crypto.randomUUID() }, userClaims()),
        ),
      );
      expect(new Set(await Promise.all(tokens.map(code)))).toEqual(new Set(['TOKEN_INVALID']));
      for (const token of tokens) expect(await code(token)).toBe('TOKEN_INVALID');
    };
    await flood();
    await flood();
    expect(keyServer.requests()).toBe(2);
    now += cooldownMs;
    await flood();
    expect(keyServer.requests()).toBe(3);
    expect(await code(tokenOf(one))).toBe('accepted');
  });

  test('a new key is accepted at once, although the keys were fetched just before', async () => {
    expect(await code(tokenOf(one))).toBe('accepted');
    keyServer.serve({ keys: [one.publicJwk, two.publicJwk] });
    expect(await code(tokenOf(two))).toBe('accepted');
    expect(keyServer.requests()).toBe(2);
  });

  test('a clock that was set back does not hold fetches up', async () => {
    expect(await code(tokenOf(two))).toBe('TOKEN_INVALID');
    keyServer.serve({ keys: [one.publicJwk, two.publicJwk] });
    now -= 60 * minute;
    expect(await code(tokenOf(two))).toBe('accepted');
  });
});

describe('an outage', () => {
  test('known keys go on, unknown ones are 503 and cost one attempt per cooldown', async () => {
    expect(await code(tokenOf(one))).toBe('accepted');
    await keyServer.down();
    expect(await code(tokenOf(one))).toBe('accepted');
    expect(await code(tokenOf(two))).toBe('AUTH_UNAVAILABLE');
    expect(await code(tokenOf(two))).toBe('AUTH_UNAVAILABLE');
    await keyServer.up();
    keyServer.serve({ keys: [one.publicJwk, two.publicJwk] });
    expect(await code(tokenOf(two))).toBe('AUTH_UNAVAILABLE');
    expect(keyServer.requests()).toBe(1);
    now += cooldownMs;
    expect(await code(tokenOf(two))).toBe('accepted');
  });

  test('from the start every token is 503, with Retry-After, until the keys are there', async () => {
    await keyServer.down();
    const refused = verifier.verify(await tokenOf(one));
    await expect(refused).rejects.toMatchObject({
      code: 'AUTH_UNAVAILABLE',
      statusCode: 503,
      retryAfterSeconds: expect.any(Number),
    });
    await keyServer.up();
    now += cooldownMs;
    expect(await code(tokenOf(one))).toBe('accepted');
  });

  test('known keys go on for any time, without a request waiting more than once', async () => {
    expect(await code(tokenOf(one))).toBe('accepted');
    keyServer.serve(() => undefined);
    now += 60 * minute;
    expect(await code(tokenOf(one))).toBe('accepted');
    const start = performance.now();
    for (let times = 0; times < 5; times += 1) {
      now += 10 * minute;
      expect(await code(tokenOf(one))).toBe('accepted');
    }
    expect(performance.now() - start).toBeLessThan(timeoutMs);
  });
});

const html: RequestListener = (_request, response) => {
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><title>Sign in to the guest network</title>');
};
const status =
  (statusCode: number): RequestListener =>
  (_request, response) => {
    response.statusCode = statusCode;
    response.end(JSON.stringify({ keys: [two.publicJwk] }));
  };
const redirect: RequestListener = (_request, response) => {
  response.writeHead(302, { location: elsewhere.url }).end();
};
const huge: RequestListener = (_request, response) => {
  response.end(JSON.stringify({ keys: [two.publicJwk], padding: 'x'.repeat(70_000) }));
};
const endless: RequestListener = (_request, response) => {
  const feed = setInterval(() => response.write(' '.repeat(1_000)), 1);
  response.on('close', () => {
    clearInterval(feed);
  });
};
const trickle: RequestListener = (_request, response) => {
  response.write('{"keys":[');
};
const cut: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-length': '10000' });
  response.write('{"keys":[');
  setImmediate(() => response.destroy());
};

describe('a bad answer leaves the last good keys in force', () => {
  const bad: [string, () => object | RequestListener][] = [
    ['HTML', () => html],
    ['a redirect', () => redirect],
    ['status 404', () => status(404)],
    ['status 500', () => status(500)],
    ['more than 64 KB', () => huge],
    ['an endless body', () => endless],
    ['no answer in time', () => () => undefined],
    ['half an answer in time', () => trickle],
    ['a connection that breaks', () => cut],
    ['no keys', () => ({ keys: [] })],
    ['a list', () => [two.publicJwk]],
    ['no member keys', () => ({ error: 'x' })],
    ['keys that are no objects', () => ({ keys: ['x', null] })],
    ['a private key among them', () => ({ keys: [two.publicJwk, one.privateJwk] })],
    ['a symmetric key among them', () => ({ keys: [two.publicJwk, { kty: 'oct', k: 'AAAA' }] })],
    ['one id for two keys', () => ({ keys: [two.publicJwk, { ...one.publicJwk, kid: two.kid }] })],
    ['a key that is no point of the curve', () => ({ keys: [{ ...two.publicJwk, x: 'AAAA' }] })],
    ['a key without its parts', () => ({ keys: [{ ...two.publicJwk, x: undefined }] })],
    ['keys for encryption only', () => ({ keys: [{ ...two.publicJwk, use: 'enc' }] })],
    ['keys for signing only', () => ({ keys: [{ ...two.publicJwk, key_ops: ['sign'] }] })],
  ];
  test.each(bad)('%s', async (_what, answer) => {
    expect(await code(tokenOf(one))).toBe('accepted');
    keyServer.serve(answer());
    expect(await code(tokenOf(two))).toBe('AUTH_UNAVAILABLE');
    expect(await code(tokenOf(one))).toBe('accepted');
    expect(keyServer.requests()).toBe(2);
    expect(elsewhere.requests()).toBe(0);
    expect(lines.join('')).toContain('The signing keys cannot be fetched');
  });

  test('a short RSA key is no key', async () => {
    const rsa = await makeSigningKey('RS256');
    keyServer.serve({ keys: [{ ...rsa.publicJwk, n: rsa.publicJwk.n?.slice(0, 172) }] });
    expect(await code(tokenOf(rsa))).toBe('AUTH_UNAVAILABLE');
  });

  test('keys of other kinds are passed over', async () => {
    const other = { kty: 'OKP', crv: 'Ed25519', kid: 'other', x: 'AAAA' };
    keyServer.serve({ keys: [other, one.publicJwk, { ...two.publicJwk, use: 'enc' }] });
    expect(await code(tokenOf(one))).toBe('accepted');
    expect(await code(tokenOf(two))).toBe('TOKEN_INVALID');
  });
});

describe('a key that was withdrawn', () => {
  test('stops verifying within ten minutes, also tokens that were accepted before', async () => {
    keyServer.serve({ keys: [one.publicJwk, two.publicJwk] });
    const token = await tokenOf(two);
    expect(await code(token)).toBe('accepted');
    keyServer.serve({ keys: [one.publicJwk] });
    expect(await code(token)).toBe('accepted');
    now += 10 * minute;
    expect(await code(token)).toBe('TOKEN_INVALID');
    expect(await code(tokenOf(one))).toBe('accepted');
  });

  test('is noticed beside the requests from the fifth minute on', async () => {
    keyServer.serve({ keys: [one.publicJwk, two.publicJwk] });
    const token = await tokenOf(two);
    expect(await code(token)).toBe('accepted');
    const unknown = await signWith({ ...two, kid: 'unknown' }, userClaims());
    keyServer.serve({ keys: [one.publicJwk] });
    now += 5 * minute;
    expect(await code(token)).toBe('accepted');
    // The refresh is under way; a question about an unknown key waits for it.
    expect(await code(unknown)).toBe('TOKEN_INVALID');
    expect(await code(token)).toBe('TOKEN_INVALID');
  });

  test('and was replaced by another of the same id no longer verifies', async () => {
    const token = await tokenOf(one);
    expect(await code(token)).toBe('accepted');
    keyServer.serve({ keys: [{ ...two.publicJwk, kid: one.kid }] });
    now += 10 * minute;
    expect(await code(token)).toBe('TOKEN_INVALID');
    expect(await code(signWith({ ...two, kid: one.kid }, userClaims()))).toBe('accepted');
  });
});
