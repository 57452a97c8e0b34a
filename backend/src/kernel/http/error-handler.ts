import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { AppError, errorBody, notFound, problemBody, toAppError } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import { contextOf } from './request-context.ts';

/** Whatever was thrown becomes one AppError, one answer and, where it is our fault, one log line with the cause. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    const error = toAppError(thrown);
    if (error.statusCode >= 500) {
      logger.error({ code: error.code, err: thrown }, 'request failed');
    } else {
      logger.debug({ code: error.code, err: thrown }, 'request refused');
    }
    if (response.headersSent) {
      // Half an answer is out; cutting the connection is the only way left to say that it is not whole.
      next(thrown);
      return;
    }
    sendError(request, response, error);
  };
}

export function sendError(request: Request, response: Response, error: AppError): void {
  const context = {
    requestId: contextOf(request).requestId,
    path: request.originalUrl.split('?')[0] ?? '',
  };
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  if (error.retryAfterSeconds !== undefined) {
    response.setHeader('Retry-After', String(error.retryAfterSeconds));
  }
  if (error.statusCode === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  response.setHeader('Cache-Control', 'no-store');
  response.status(error.statusCode);
  if (asksForProblem(request)) {
    response.type('application/problem+json').send(JSON.stringify(problemBody(error, context)));
  } else {
    response.json(errorBody(error, context));
  }
}

const asksForProblem = (request: Request): boolean =>
  request.get('accept')?.includes('application/problem+json') ?? false;

export function notFoundHandler(): RequestHandler {
  return (_request, _response, next) => {
    next(notFound());
  };
}
