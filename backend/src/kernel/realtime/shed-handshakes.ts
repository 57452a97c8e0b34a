import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LoadShedder } from '../overload/index.ts';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * Refuses new connections while the server is overloaded, before an identity is looked up; Engine.IO itself would answer every
 * refusal with 400. Clients of Socket.IO try again by themselves, with growing pauses.
 */
export function shedHandshakes(shedder: LoadShedder): Middleware {
  return (request, _response, next) => {
    // A request with a session id belongs to a connection that was admitted.
    const refusal = /[?&]sid=/.test(request.url ?? '') ? undefined : shedder.refusal('handshake');
    if (!refusal) {
      next();
      return;
    }
    request.socket.on('error', () => undefined);
    request.socket.end(
      `HTTP/1.1 503 Service Unavailable\r\nRetry-After: ${String(refusal.retryAfterSeconds)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      () => request.socket.destroy(),
    );
  };
}
