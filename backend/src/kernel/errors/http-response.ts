import { STATUS_CODES } from 'node:http';
import type { AppError, FaultDetail } from './app-error.ts';
import type { ErrorCode } from './codes.ts';

export interface RequestContext {
  requestId: string;
  /** The request's path; a query string is cut off, for it may carry secrets. */
  path: string;
  /** The time of the answer; the present by default. */
  now?: Date;
}

interface CommonBody {
  error: ErrorCode;
  requestId: string;
  /** ISO 8601, UTC. */
  timestamp: string;
  details?: FaultDetail[];
  /** The upstream that failed us. */
  provider?: string;
}

/** The body of every error answer, `application/json`. */
export interface ErrorBody extends CommonBody {
  message: string;
  statusCode: number;
  path: string;
}

/** The same as RFC 9457 has it, `application/problem+json`, with our members as extensions. */
export interface ProblemBody extends CommonBody {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  instance: string;
}

export interface ErrorResponse {
  status: number;
  headers: Record<string, string>;
  body: ErrorBody | ProblemBody;
}

const maxPathLength = 1024;

export function errorBody(error: AppError, context: RequestContext): ErrorBody {
  return {
    error: error.code,
    message: error.message,
    statusCode: error.statusCode,
    requestId: context.requestId,
    timestamp: timestampOf(context),
    path: pathOf(context),
    ...particularsOf(error),
  };
}

export function problemBody(error: AppError, context: RequestContext): ProblemBody {
  return {
    type: 'about:blank',
    title: STATUS_CODES[error.statusCode] ?? 'Error',
    status: error.statusCode,
    detail: error.message,
    instance: pathOf(context),
    error: error.code,
    requestId: context.requestId,
    timestamp: timestampOf(context),
    ...particularsOf(error),
  };
}

/** The whole answer to a failed request. `accept` is the request's Accept header. */
export function errorResponse(
  error: AppError,
  context: RequestContext & { accept?: string | undefined },
): ErrorResponse {
  const problem = acceptsProblem(context.accept);
  return {
    status: error.statusCode,
    headers: {
      ...error.headers,
      ...(error.retryAfterSeconds !== undefined && {
        'Retry-After': String(Math.ceil(error.retryAfterSeconds)),
      }),
      ...(error.statusCode === 401 && { 'WWW-Authenticate': challengeOf(error.code) }),
      'Cache-Control': 'no-store',
      'Content-Type': problem ? 'application/problem+json' : 'application/json; charset=utf-8',
    },
    body: problem ? problemBody(error, context) : errorBody(error, context),
  };
}

/** Whether a client asks for problem documents by name, and likes plain JSON no better. */
export function acceptsProblem(accept: string | undefined): boolean {
  const problem = qualityOf('application/problem+json', accept);
  return problem > 0 && problem >= qualityOf('application/json', accept);
}

function qualityOf(mediaType: string, accept = ''): number {
  for (const range of accept.slice(0, 1000).toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim());
    if (name !== mediaType) continue;
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return quality === undefined ? 1 : Number(quality.slice(2)) || 0;
  }
  return 0;
}

/** A 401 must name the scheme (RFC 9110), and RFC 6750 says when the token is at fault. */
function challengeOf(code: ErrorCode): string {
  return code === 'TOKEN_INVALID' || code === 'TOKEN_EXPIRED' || code === 'SESSION_REVOKED'
    ? 'Bearer error="invalid_token"'
    : 'Bearer';
}

const timestampOf = ({ now }: { now?: Date }): string => (now ?? new Date()).toISOString();

const pathOf = ({ path }: RequestContext): string =>
  (path.split(/[?#]/, 1)[0] ?? '').slice(0, maxPathLength);

/** What some errors have beyond their code. */
export const particularsOf = ({
  details,
  provider,
}: AppError): { details?: FaultDetail[]; provider?: string } => ({
  ...(details && { details: details.map(({ field, reason }) => ({ field, reason })) }),
  ...(provider !== undefined && { provider }),
});
