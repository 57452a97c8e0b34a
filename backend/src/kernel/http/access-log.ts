import { HarmlessFields, type Logger } from '../logging/index.ts';
import type { Answer } from './when-answered.ts';

const longestPath = 512;

/** One line a request. `scrub` takes out of a path what must not be logged. */
export function accessLog(
  logger: Logger,
  scrub: (text: string) => string,
): (answer: Answer) => void {
  return (answer) => {
    const line = new RequestLine(answer, scrub);
    if (answer.status >= 500) logger.warn(line, 'request');
    else logger.info(line, 'request');
  };
}

/** Undefined members are not written. */
class RequestLine extends HarmlessFields {
  // A connection that breaks closes the response outside of the request's own log context.
  readonly requestId: string;
  readonly userId: string | undefined;
  readonly traceId: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  readonly aborted: true | undefined;

  constructor(
    { request, context, path, status, durationMs, complete }: Answer,
    scrub: (text: string) => string,
  ) {
    super();
    const { requestId, userId, traceId, route } = context;
    this.requestId = requestId;
    this.userId = userId;
    this.traceId = traceId;
    this.method = request.method;
    // A route without parameters is our own text; any other path is the client's.
    this.path = path === route ? path : scrub(path.slice(0, longestPath));
    this.route = route;
    this.status = status;
    this.durationMs = Math.round(durationMs * 100) / 100;
    this.aborted = complete ? undefined : true;
  }
}
