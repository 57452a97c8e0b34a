import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, errorResponse, type ErrorCode } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';

/** Node's codes for what its parser gives up on; anything else is MALFORMED_REQUEST. */
const codes: ReadonlyMap<string, ErrorCode> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 'REQUEST_TIMEOUT'],
  ['HPE_HEADER_OVERFLOW', 'PAYLOAD_TOO_LARGE'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'PAYLOAD_TOO_LARGE'],
]);

/** The connection ended, in the midst of a request or not. */
const ended = new Set<string | undefined>(['ECONNRESET', 'HPE_INVALID_EOF_STATE']);

/**
 * What is no HTTP, is too large or too slow to become a request gets the same body as every error, and a log line; Node
 * alone would send a bare status. `isAnswering` tells whether an answer is already on its way over a connection.
 */
export function refuseUnreadable(
  server: Server,
  { logger, onRefused }: { logger: Logger; onRefused: (status: number) => void },
  isAnswering: (socket: Socket) => boolean,
): void {
  server.on('clientError', (thrown: NodeJS.ErrnoException, socket: Socket) => {
    // A client that is gone is not answered; within an answer, another would only garble it.
    if (ended.has(thrown.code) || !socket.writable || isAnswering(socket)) {
      socket.destroy();
      return;
    }
    const error = new AppError(codes.get(thrown.code ?? '') ?? 'MALFORMED_REQUEST');
    const requestId = randomUUID();
    const { status, headers, body } = errorResponse(error, { requestId, path: '' });
    const content = JSON.stringify(body);
    const lines = Object.entries({
      ...headers,
      'X-Request-Id': requestId,
      'Content-Length': String(Buffer.byteLength(content)),
      Connection: 'close',
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${content}`,
      () => socket.destroy(),
    );
    logger.info({ requestId, status, reason: thrown.code }, 'unreadable request');
    onRefused(status);
  });
}
