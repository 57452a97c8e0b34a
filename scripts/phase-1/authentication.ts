import { io } from 'socket.io-client';
import { generateKeyPair, SignJWT } from 'jose';
import type { TestStack } from '../../backend/test/support/stack.ts';
import { startServerProcess } from '../../backend/test/support/server-process.ts';
import { assert, type Checks } from './checks.ts';

interface Outcome {
  status: number;
  code: string | undefined;
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

export async function authenticationChecks(
  { section, check }: Checks,
  stack: TestStack,
): Promise<void> {
  section('One identity over HTTP and sockets');
  const server = await startServerProcess('backend/dist/index.js', {
    ...stack.environment,
    SESSION_CHECK_INTERVAL_MS: '1000',
  });
  const { accessToken, userId } = await stack.signUp();
  const { privateKey } = await generateKeyPair('ES256');
  const sign = (claims: Record<string, unknown>, expires: number) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'somebody-elses' })
      .setSubject(userId)
      .setIssuer(`${stack.issuer.url}/auth/v1`)
      .setAudience('authenticated')
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(privateKey);
  const [header = '', payload = ''] = accessToken.split('.');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  const now = Math.floor(Date.now() / 1000);

  const cases: [
    name: string,
    token: string | undefined,
    status: number,
    code: string | undefined,
  ][] = [
    ['a fresh access token', accessToken, 200, undefined],
    ['no token', undefined, 401, 'UNAUTHENTICATED'],
    ['a forged signature', `${header}.${payload}.${'A'.repeat(86)}`, 401, 'TOKEN_INVALID'],
    ['an unsigned token', unsigned, 401, 'TOKEN_INVALID'],
    ["somebody else's key", await sign({ role: 'authenticated' }, now + 600), 401, 'TOKEN_INVALID'],
    ['the anon key', stack.issuer.anonKey, 401, 'TOKEN_INVALID'],
    ['garbage', 'garbage', 401, 'TOKEN_INVALID'],
  ];
  try {
    for (const [name, token, status, code] of cases) {
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
    await check(
      'a session that was signed out is refused, and its open socket is closed',
      async () => {
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
      },
    );
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
  }
}
