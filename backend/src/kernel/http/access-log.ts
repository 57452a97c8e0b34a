import type { RequestHandler } from 'express';
import type { Logger } from '../logging/index.ts';
import { contextOf } from './request-context.ts';

/** One line a request, when its answer is complete or its client has gone. The path has no query: queries carry data. */
export function accessLog(logger: Logger): RequestHandler {
  return (request, response, next) => {
    response.once('close', () => {
      const { startedAt, route, userId } = contextOf(request);
      const line = {
        method: request.method,
        path: request.path.slice(0, 512),
        route,
        status: response.statusCode,
        durationMs: Math.round((performance.now() - startedAt) * 100) / 100,
        ...(userId === undefined ? {} : { userId }),
        ...(response.writableFinished ? {} : { aborted: true }),
      };
      if (response.statusCode >= 500) logger.warn(line, 'request');
      else logger.info(line, 'request');
    });
    next();
  };
}
