import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Caller } from '../auth/index.ts';
import { runWithLogContext, type LogContext } from '../logging/index.ts';
import type { Tracing } from '../telemetry/index.ts';

/** What the server knows of one request, beside Express's own objects. */
export interface RequestContext extends LogContext {
  startedAt: number;
  /** The route's template, for logs and metrics: `/api/v1/recipes/:id`. */
  route?: string;
  /** Known once the request was identified. */
  caller?: Caller;
}

const contexts = new WeakMap<Request, RequestContext>();
const acceptedRequestId = /^[\w.:-]{8,128}$/;

/**
 * Gives each request an id (the client's own, where it is well-formed), takes up its trace, and carries both into every log
 * line.
 */
export function requestContext(tracing: Tracing): RequestHandler {
  return (request, response, next) => {
    const given = request.get('x-request-id');
    const requestId = given !== undefined && acceptedRequestId.test(given) ? given : randomUUID();
    const context: RequestContext = { requestId, startedAt: performance.now() };
    contexts.set(request, context);
    tracing.begin(context, request.method, request.headers);
    response.setHeader('X-Request-Id', requestId);
    runWithLogContext(context, next);
  };
}

export function contextOf(request: Request): RequestContext {
  const context = contexts.get(request);
  if (!context) throw new Error('requestContext() must come first in the middleware order');
  return context;
}

/** Aborts when the client goes away before the answer is complete. */
export function clientSignal(response: Response): AbortSignal {
  const controller = new AbortController();
  if (response.closed) controller.abort(new Error('The client went away'));
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new Error('The client went away'));
  });
  return controller.signal;
}

/** Names a place that is no declared route, for logs and metrics: a path as it is written here, never as it was sent. */
export function named(route: string): RequestHandler {
  return (request, _response, next) => {
    contextOf(request).route = route;
    next();
  };
}
