import { plainLines, type Logger } from '../logging/index.ts';
import type { Answer } from './when-answered.ts';

const longestPath = 512;

/** One line a request. `scrub` takes out of a path what must not be logged. */
export function accessLog(
  logger: Logger,
  scrub: (text: string) => string,
): (answer: Answer) => void {
  const write = plainLines(logger);
  return (answer) => {
    write(answer.status >= 500 ? 'warn' : 'info', 'request', membersOf(answer, scrub));
  };
}

/**
 * By hand, as every request pays for it. A connection that breaks closes the response outside of the request's own log context,
 * so the line names it by itself.
 */
function membersOf(
  { request, context, path, status, durationMs, complete }: Answer,
  scrub: (text: string) => string,
): string {
  const { requestId, userId, traceId, route } = context;
  const place = quoted(path === route ? path : scrub(path.slice(0, longestPath)));
  // Ids and methods have no character that JSON would escape: their own parts hold them to that.
  return (
    `"requestId":"${requestId}"` +
    (userId === undefined ? '' : `,"userId":"${userId}"`) +
    (traceId === undefined ? '' : `,"traceId":"${traceId}"`) +
    `,"method":"${request.method}","path":${place}` +
    // A route without parameters is our own text; any other path is the client's.
    (route === undefined ? '' : `,"route":${path === route ? place : quoted(route)}`) +
    `,"status":${status},"durationMs":${Math.round(durationMs * 100) / 100}` +
    (complete ? '' : ',"aborted":true')
  );
}

const ordinary = /^[\w/:.-]*$/;

const quoted = (text: string): string => (ordinary.test(text) ? `"${text}"` : JSON.stringify(text));
