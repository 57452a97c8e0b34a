import type { IncomingMessage } from 'node:http';
import type { Socket } from 'socket.io';
import type { Authenticator, Caller } from '../auth/index.ts';
import { AppError, socketErrorBody, toAppError, unauthenticated } from '../errors/index.ts';
import { runWithLogContext, type Logger } from '../logging/index.ts';
import { countRefusals, rateLimitKey, type RateLimiter } from '../ratelimit/index.ts';
import type { ConnectionCaps } from './connection-caps.ts';
import type { RealtimeMetrics } from './metrics.ts';
import type { Recovered } from './recovery.ts';
import type { ErrorReporter } from '../telemetry/index.ts';

/** Who stands behind an admitted socket. */
export interface SocketIdentity {
  caller: Caller;
  address: string | undefined;
  /** Where they were a moment ago, if they come back. */
  recovered: Recovered | undefined;
}

export interface HandshakeOptions {
  authenticator: Authenticator;
  rateLimiter: RateLimiter;
  addressOf: (request: IncomingMessage) => string | undefined;
  allowAnonymous: boolean;
  caps: ConnectionCaps;
  /** Looks for what a caller who was admitted left behind a moment ago. Never rejects. */
  recover: (socket: Socket, caller: Caller) => Promise<Recovered | undefined>;
  metrics: RealtimeMetrics;
  reporter: ErrorReporter;
  logger: Logger;
}

const identities = new WeakMap<Socket, SocketIdentity>();

/** Of a socket that was admitted. */
export function identityOf(socket: Socket): SocketIdentity {
  const identity = identities.get(socket);
  if (identity === undefined) throw new Error('The socket was never admitted');
  return identity;
}

/** Browsers name their origin, and it must be an allowed one; native clients send none. */
export function originAllowed(
  request: IncomingMessage,
  allowedOrigins: readonly string[],
): boolean {
  const { origin } = request.headers;
  return origin === undefined || allowedOrigins.includes(origin);
}

/**
 * Finds the caller behind a connection, from `auth.token` or the Authorization header, and keeps it as the socket's data. A
 * refusal is a `connect_error` with the HTTP error body in `data` (`data.code` is the code). A connection costs a point like a
 * request, and it has one attempt at a time: Socket.IO itself would make a socket of each.
 */
export function admitSocket(options: HandshakeOptions) {
  const connecting = new WeakSet<object>();

  async function admit(socket: Socket): Promise<SocketIdentity> {
    const address = options.addressOf(socket.request);
    const caller = await countRefusals(options.rateLimiter, address, async () => {
      const found = await identify(socket, options.authenticator);
      if (found.kind === 'anonymous' && !options.allowAnonymous) throw unauthenticated();
      return found;
    });
    const [tier, userId] =
      caller.kind === 'user' ? (['signed-in', caller.userId] as const) : (['public'] as const);
    await options.rateLimiter.consume(tier, rateLimitKey(userId, address));
    if (userId !== undefined) options.caps.claim(socket.conn, userId);
    return { caller, address, recovered: await options.recover(socket, caller) };
  }

  return (socket: Socket, next: (error?: Error) => void): void => {
    const { conn, id: requestId } = socket;
    if (connecting.has(conn)) {
      next(new Error('This connection is being admitted already.'));
      conn.close();
      return;
    }
    connecting.add(conn);
    const refused = (thrown: unknown): Error => {
      const error = toAppError(thrown);
      const { code } = error;
      const isOurs = error.statusCode >= 500;
      options.metrics.refused.add({ reason: code === 'RATE_LIMITED' ? 'user' : 'auth' });
      options.logger.info({ code, ...(isOurs ? { err: thrown } : {}) }, 'socket refused');
      if (isOurs)
        options.reporter.report(thrown, { kind: 'socket', code, route: 'connect', requestId });
      const body = socketErrorBody(error, { requestId, event: 'connect' });
      return Object.assign(new Error(error.message), { data: { ...body, code } });
    };
    void runWithLogContext({ requestId }, () => admit(socket))
      .then(
        (identity) => {
          identities.set(socket, identity);
          // The adapter keeps `data` for a client that comes back, and shows it to other processes.
          socket.data = identity.caller.kind === 'user' ? { userId: identity.caller.userId } : {};
          next();
        },
        (thrown: unknown) => {
          next(runWithLogContext({ requestId }, () => refused(thrown)));
        },
      )
      .then(() => connecting.delete(conn));
  };
}

async function identify(socket: Socket, authenticator: Authenticator): Promise<Caller> {
  const token: unknown = (socket.handshake.auth as { token?: unknown }).token;
  if (token === undefined || token === null) {
    return authenticator.authenticate(socket.handshake.headers.authorization);
  }
  if (typeof token !== 'string') throw new AppError('TOKEN_INVALID');
  return authenticator.authenticateToken(token.replace(/^Bearer /i, ''));
}
