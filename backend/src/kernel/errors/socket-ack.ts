import type { AppError, FaultDetail } from './app-error.ts';
import type { ErrorCode } from './codes.ts';
import { particularsOf } from './http-response.ts';

export interface EventContext {
  requestId: string;
  /** The event that failed. */
  event: string;
  /** The time of the answer; the present by default. */
  now?: Date;
}

/** The HTTP body with the event in the path's place, and in the body what HTTP has in headers. */
export interface SocketErrorBody {
  error: ErrorCode;
  message: string;
  /** The status that the same error has over HTTP. */
  statusCode: number;
  requestId: string;
  /** ISO 8601, UTC. */
  timestamp: string;
  event: string;
  retryAfterSeconds?: number;
  details?: FaultDetail[];
  /** The upstream that failed us. */
  provider?: string;
}

const maxEventLength = 200;

/** What an event's acknowledgement carries when it failed. */
export function socketErrorBody(error: AppError, context: EventContext): SocketErrorBody {
  return {
    error: error.code,
    message: error.message,
    statusCode: error.statusCode,
    requestId: context.requestId,
    timestamp: (context.now ?? new Date()).toISOString(),
    event: context.event.slice(0, maxEventLength),
    ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
    ...particularsOf(error),
  };
}
