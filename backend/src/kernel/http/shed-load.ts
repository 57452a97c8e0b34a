import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { errorResponse, type AppError } from '../errors/index.ts';
import type { LoadShedder } from '../overload/index.ts';
import type { HeaderList } from './common-headers.ts';
import { requestIdOf } from './request-context.ts';

export interface ShedLoadOptions {
  shedder: LoadShedder;
  /** Paths that are answered however busy the server is. */
  exempt: readonly string[];
  /** The headers that every answer to such a request has. */
  protectionOf: (request: IncomingMessage) => HeaderList;
  /** Told of each refusal. */
  onRefused: (status: number) => void;
}

/**
 * The outermost door: refuses a request before Express, identity or a log line cost anything. The refusal has the headers of
 * every answer, those for the allowed origins too: a page must be able to read when to come again.
 */
export function shedLoad(listener: RequestListener, options: ShedLoadOptions): RequestListener {
  const { shedder, protectionOf } = options;
  const exempt = new Set(options.exempt);

  function refuse(error: AppError, request: IncomingMessage, response: ServerResponse): void {
    const requestId = requestIdOf(request);
    const { status, headers, body } = errorResponse(error, {
      requestId,
      path: request.url ?? '',
      accept: request.headers.accept,
    });
    const content = JSON.stringify(body);
    const list = [...protectionOf(request), ...Object.entries(headers).flat()];
    list.push('X-Request-Id', requestId, 'Content-Length', String(Buffer.byteLength(content)));
    response.writeHead(status, list);
    response.end(content);
    options.onRefused(status);
  }

  return (request, response) => {
    const refusal = exempt.has(pathOf(request.url)) ? undefined : shedder.refusal('request');
    if (refusal === undefined) listener(request, response);
    else refuse(refusal, request, response);
  };
}

function pathOf(url = ''): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
