import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { AppError, errorResponse, notFound, toAppError, unauthenticated } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import type { ErrorReporter } from '../telemetry/index.ts';
import { contextOf } from './request-context.ts';

/** Whatever was thrown becomes one AppError, one answer and, where it is our fault, one log line and one report. */
export function errorHandler(logger: Logger, reporter: ErrorReporter): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, request, response, _next) => {
    const error = forCaller(toAppError(thrown), request);
    const { code } = error;
    if (error.statusCode < 500) {
      // Not what was thrown: a refusal of the input may repeat the input.
      logger.debug({ code, err: error }, 'request refused');
    } else if (request.socket.destroyed) {
      // Work that ends because its client went away is no fault, and clients must not be able to raise alarms.
      logger.info({ code, err: thrown }, 'request abandoned');
    } else {
      logger.error({ code, err: thrown }, 'request failed');
      const { route, requestId, userId, traceId } = contextOf(request);
      reporter.report(thrown, {
        kind: 'request',
        code,
        route: route === undefined ? undefined : `${request.method} ${route}`,
        requestId,
        userId,
        traceId,
      });
    }
    if (response.headersSent || request.socket.destroyed) {
      // Half an answer is out; cutting the connection is the only way left to say that it is not whole.
      request.socket.destroy();
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
  return (request) => {
    throw isDecodable(request.path) ? notFound() : new AppError('MALFORMED_REQUEST');
  };
}

/** Otherwise it is a malformed request, not a place where nothing is. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
