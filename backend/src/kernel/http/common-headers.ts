import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Express, Request, RequestHandler, Response } from 'express';
import { contextOf } from './request-context.ts';

/** Names and values in turn, as `writeHead` takes them. */
export type HeaderList = readonly string[];

/**
 * Puts headers on every answer of the app as its head is written: no answer can come without them, and none pays for a dozen
 * middlewares. `common` gives those of a request; those of its context come along. What an answer has set by itself stands,
 * but for Vary, which is joined.
 */
export function writeCommonHeaders(app: Express, common: (request: Request) => HeaderList): void {
  const writeHead = app.response.writeHead as (...args: unknown[]) => Response;

  function withCommonHeaders(this: Response, status: number, ...rest: unknown[]): Response {
    const given = common(this.req).concat(contextOf(this.req).headers);
    const [own] = rest;
    // Whoever passes a list has only names of its own in it.
    if (Array.isArray(own)) return writeHead.call(this, status, given.concat(own as string[]));
    for (let at = 0; at < given.length; at += 2) {
      const [name = '', value = ''] = [given[at], given[at + 1]];
      if (name === 'Vary') this.vary(value);
      else if (!this.hasHeader(name)) this.setHeader(name, value);
    }
    return writeHead.call(this, status, ...rest);
  }
  app.response.writeHead = withCommonHeaders;
}

/** The headers that a middleware sets for such a request, found by running it. It must neither answer nor wait. */
export function headersSetBy(
  middleware: RequestHandler,
  requestHeaders: Readonly<Record<string, string>> = {},
): HeaderList {
  const request = Object.assign(new IncomingMessage(new Socket()), {
    method: 'GET',
    headers: requestHeaders,
  });
  const response = new RecordingResponse(request);
  let passedOn = 0;
  middleware(request as Request, response as unknown as Response, () => (passedOn += 1));
  if (passedOn === 0) throw new Error('The middleware answers or waits, so it cannot be run ahead');
  return [...response.set].flat();
}

class RecordingResponse extends ServerResponse {
  readonly set = new Map<string, string>();

  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.set.set(name, String(value));
    return super.setHeader(name, value);
  }
}
