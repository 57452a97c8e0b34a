import type { IncomingMessage } from 'node:http';
import type { Express, Request } from 'express';

/**
 * The client's address of a request that does not pass through Express, such as a socket's handshake: `request.ip` by the
 * same `trust proxy`.
 */
export function clientAddress(app: Express): (request: IncomingMessage) => string | undefined {
  // As Express itself turns a request of Node's into one of its own.
  return (request) => (Object.setPrototypeOf(request, app.request) as Request).ip;
}
