import type { ErrorRequestHandler, RequestHandler } from 'express';
import { errorResponse, notFound, toAppError } from '../errors/index.ts';
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
    const { status, headers, body } = errorResponse(error, {
      requestId: contextOf(request).requestId,
      path: request.originalUrl,
      accept: request.get('accept'),
    });
    response.status(status).set(headers).end(JSON.stringify(body));
  };
}

export function notFoundHandler(): RequestHandler {
  return (_request, _response, next) => {
    next(notFound());
  };
}
