import type { IncomingMessage } from 'node:http';
import type { Socket } from 'socket.io';
import type { Authenticator, Caller } from '../auth/index.ts';
import { AppError, socketErrorBody, toAppError, unauthenticated } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';

/** Browsers name their origin, and it must be an allowed one; native clients send none. */
export function originAllowed(
  request: IncomingMessage,
  allowedOrigins: readonly string[],
): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || allowedOrigins.includes(origin)) return true;
  return origin === `http://${host ?? ''}` || origin === `https://${host ?? ''}`;
}

/**
 * The caller behind a connection, from `auth.token` or the Authorization header. Refused as `connect_error` with the
 * HTTP error body in `data` (`data.code` is the code).
 */
export function identifySocket(
  authenticator: Authenticator,
  allowAnonymous: boolean,
  logger: Logger,
) {
  return (socket: Socket, next: (error?: Error) => void): void => {
    identify(socket, authenticator)
      .then((caller) => {
        if (caller.kind === 'anonymous' && !allowAnonymous) throw unauthenticated();
        (socket.data as { caller?: Caller }).caller = caller;
        next();
      })
      .catch((thrown: unknown) => {
        const error = toAppError(thrown);
        logger.info(
          { code: error.code, ...(error.statusCode >= 500 ? { err: thrown } : {}) },
          'socket refused',
        );
        const body = socketErrorBody(error, { requestId: socket.id, event: 'connect' });
        next(Object.assign(new Error(error.message), { data: { ...body, code: error.code } }));
      });
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
