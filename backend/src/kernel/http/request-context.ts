import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { Caller } from '../auth/index.ts';
import { runWithLogContext, type LogContext } from '../logging/index.ts';
import { createScrubber } from '../privacy/index.ts';
import type { Tracing } from '../telemetry/index.ts';

/** What the server knows of one request, beside Express's own objects. */
export interface RequestContext extends LogContext {
  readonly startedAt: number;
  /** Go out with the answer, whoever writes it: names and values in turn. */
  readonly headers: string[];
  /** The route's template, for logs and metrics: `/api/v1/recipes/:id`. */
  route: string | undefined;
  /** Known once the request was identified. */
  caller: Caller | undefined;
}

const key = Symbol('request context');
/** On the request itself: a WeakMap of all requests under way costs the garbage collector more. */
type WithContext = Request & { [key]?: RequestContext };

const acceptedRequestId = /^[\w.:-]{8,128}$/;

/**
 * Gives each request an id (the client's own, where it is well-formed), takes up its trace, and carries both into every log
 * line.
 */
export function requestContext(tracing: Tracing): RequestHandler {
  return (request: WithContext, _response, next) => {
    const requestId = requestIdOf(request);
    const context: RequestContext = {
      requestId,
      userId: undefined,
      traceId: undefined,
      startedAt: performance.now(),
      headers: ['X-Request-Id', requestId],
      route: undefined,
      caller: undefined,
    };
    request[key] = context;
    tracing.begin(context, request.method, request.headers);
    runWithLogContext(context, next);
  };
}

const { text: scrub } = createScrubber();

/** The client's own, where it is well-formed. Ids are shown everywhere: what looks like a secret or a person's data is none. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && acceptedRequestId.test(given) && scrub(given) === given
    ? given
    : randomUUID();
}

export function contextOf(request: Request): RequestContext {
  const context = (request as WithContext)[key];
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
