import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import {
  type AppError,
  errorResponse,
  notFound,
  toAppError,
  unauthenticated,
} from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import { contextOf } from './request-context.ts';

/** Whatever was thrown becomes one AppError, one answer and, where it is our fault, one log line with the cause. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    const error = forCaller(toAppError(thrown), request);
    if (error.statusCode >= 500) {
      logger.error({ code: error.code, err: thrown }, 'request failed');
    } else {
      // Not what was thrown: a refusal of the input may repeat the input.
      logger.debug({ code: error.code, err: error }, 'request refused');
    }
    if (response.headersSent) {
      // Half an answer is out; cutting the connection is the only way left to say that it is not whole.
      next(thrown);
      return;
    }
    const { status, headers, body } = errorResponse(error, {
      requestId: contextOf(request).requestId,
      path: request.originalUrl,
      accept: request.get('accept'),
    });
    response.status(status).set(headers).end(JSON.stringify(body));
  };
}

/** What row-level security forbids to nobody in particular may be allowed after signing in. */
function forCaller(error: AppError, request: Request): AppError {
  const { caller } = contextOf(request);
  return error.code === 'FORBIDDEN' && caller?.kind === 'anonymous'
    ? unauthenticated(error)
    : error;
}

export function notFoundHandler(): RequestHandler {
  return (_request, _response, next) => {
    next(notFound());
  };
}
