import { runWithLogContext, type Logger } from '../logging/index.ts';
import type { Answer } from './when-answered.ts';

const longestPath = 512;

/** One line a request. */
export function accessLog(logger: Logger): (answer: Answer) => void {
  return ({ request, context, path, status, durationMs, complete }) => {
    const line = {
      method: request.method,
      path: path.slice(0, longestPath),
      route: context.route,
      status,
      durationMs: Math.round(durationMs * 100) / 100,
      ...(complete ? {} : { aborted: true }),
    };
    // A connection that breaks closes the response outside of the request's own context.
    runWithLogContext(context, () => {
      if (status >= 500) logger.warn(line, 'request');
      else logger.info(line, 'request');
    });
  };
}
