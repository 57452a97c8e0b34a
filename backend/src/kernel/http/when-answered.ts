import type { Request, RequestHandler } from 'express';
import { contextOf, type RequestContext } from './request-context.ts';

/** What became of one request. */
export interface Answer {
  request: Request;
  context: RequestContext;
  /** Without the query: queries carry data. */
  path: string;
  status: number;
  durationMs: number;
  /** Whether the client got all of it. */
  complete: boolean;
}

/** What nginx and its kind log for a client that went away before it had an answer. */
const clientClosedRequest = 499;

/** Tells each observer of each request, once, when its answer is complete or its client has gone. */
export function whenAnswered(...observers: readonly ((answer: Answer) => void)[]): RequestHandler {
  return (request, response, next) => {
    const { path } = request;
    response.on('close', () => {
      const context = contextOf(request);
      const answer: Answer = {
        request,
        context,
        path,
        status: response.headersSent ? response.statusCode : clientClosedRequest,
        durationMs: performance.now() - context.startedAt,
        complete: response.writableFinished,
      };
      for (const observe of observers) observe(answer);
    });
    next();
  };
}
