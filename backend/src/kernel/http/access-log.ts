import type { RequestHandler } from 'express';
import { runWithLogContext, type Logger } from '../logging/index.ts';
import { contextOf } from './request-context.ts';

const longestPath = 512;
/** What nginx and its kind log for a client that went away before it had an answer. */
const clientClosedRequest = 499;

/** One line a request, when its answer is complete or its client has gone. The path has no query: queries carry data. */
export function accessLog(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const { path } = request;
    response.once('close', () => {
      const context = contextOf(request);
      const line = {
        method: request.method,
        path: path.slice(0, longestPath),
        route: context.route,
        status: response.headersSent ? response.statusCode : clientClosedRequest,
        durationMs: Math.round((performance.now() - context.startedAt) * 100) / 100,
        ...(response.writableFinished ? {} : { aborted: true }),
      };
      // A connection that breaks closes the response outside of the request's own context.
      runWithLogContext(context, () => {
        if (response.statusCode >= 500) logger.warn(line, 'request');
        else logger.info(line, 'request');
      });
    });
    next();
  };
}
