import { strict as assert } from 'node:assert';
import { generateKeyPair, SignJWT } from 'jose';
import { io } from 'socket.io-client';
import type { TestStack } from '../../../backend/test/support/stack.ts';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';

interface Outcome {
  status: number;
  code: string | undefined;
}

export default defineClaim({
  id: 'one-identity',
  phase: 1,
  claim:
    'Whatever token comes, HTTP and sockets give the same verdict on it, and a sign-out ends both before the token expires.',
  bound: 'every check passes',
  seconds: 6,
  async measure({ stack, startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const server = await startServer({ environment: { SESSION_CHECK_INTERVAL_MS: '1000' } });
    for (const [name, token, status, code] of await tokens(stack)) {
      await check(`${name}: ${status} ${code ?? ''}`.trimEnd(), async () => {
        const outcomes = await Promise.all([
          overHttp(server.url, token),
          overSocket(server.url, token),
        ]);
        assert.deepEqual(outcomes, [
          { status, code },
          { status, code },
        ]);
      });
    }
    await check('a session that was signed out is refused, its open socket closed', async () => {
      const leaver = await stack.signUp();
      const socket = io(server.url, {
        transports: ['websocket'],
        forceNew: true,
        auth: { token: leaver.accessToken },
      });
      await new Promise((resolve) => socket.once('connected', resolve));
      const closed = new Promise((resolve) => socket.once('disconnect', resolve));
      await fetch(`${stack.issuer.url}/auth/v1/logout?scope=global`, {
        method: 'POST',
        headers: { apikey: stack.issuer.anonKey, authorization: `Bearer ${leaver.accessToken}` },
      });
      await closed;
      socket.disconnect();
      assert.deepEqual(await overHttp(server.url, leaver.accessToken), {
        status: 401,
        code: 'SESSION_REVOKED',
      });
    });
    return finding();
  },
});

type Case = [name: string, token: string | undefined, status: number, code: string | undefined];

async function tokens({ signUp, issuer }: TestStack): Promise<Case[]> {
  const { accessToken, userId } = await signUp();
  const { privateKey } = await generateKeyPair('ES256');
  const [header = '', payload = ''] = accessToken.split('.');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  const foreign = await new SignJWT({ role: 'authenticated' })
    .setProtectedHeader({ alg: 'ES256', kid: 'somebody-elses' })
    .setSubject(userId)
    .setIssuer(`${issuer.url}/auth/v1`)
    .setAudience('authenticated')
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(privateKey);
  return [
    ['a fresh access token', accessToken, 200, undefined],
    ['no token', undefined, 401, 'UNAUTHENTICATED'],
    ['a forged signature', `${header}.${payload}.${'A'.repeat(86)}`, 401, 'TOKEN_INVALID'],
    ['an unsigned token', unsigned, 401, 'TOKEN_INVALID'],
    ["somebody else's key", foreign, 401, 'TOKEN_INVALID'],
    ['the anon key', issuer.anonKey, 401, 'TOKEN_INVALID'],
    ['garbage', 'garbage', 401, 'TOKEN_INVALID'],
  ];
}

async function overHttp(url: string, token: string | undefined): Promise<Outcome> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/api/v1/me`, { headers });
  const body = (await response.json()) as { error?: string };
  return { status: response.status, code: body.error };
}

function overSocket(url: string, token: string | undefined): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { token },
    });
    const done = (outcome: Outcome) => {
      socket.disconnect();
      resolve(outcome);
    };
    socket.once('connected', () => {
      done({ status: 200, code: undefined });
    });
    socket.once(
      'connect_error',
      (error: Error & { data?: { code: string; statusCode: number } }) => {
        done({ status: error.data?.statusCode ?? 0, code: error.data?.code });
      },
    );
  });
}
