import { AppError } from './app-error.ts';
import { codeTable, type CodeTable, type Thrown } from './code-table.ts';
import type { ErrorCode } from './codes.ts';

/** `type` of the errors that express.json, express.urlencoded and raw-body make. Source: body-parser, "Errors". */
export const bodyParserTypes: CodeTable = codeTable([
  ['MALFORMED_JSON', 'entity.parse.failed'],
  ['PAYLOAD_TOO_LARGE', 'entity.too.large parameters.too.many'],
  ['UNSUPPORTED_MEDIA_TYPE', 'charset.unsupported encoding.unsupported'],
  ['MALFORMED_REQUEST', 'request.aborted request.size.invalid querystring.parse.rangeError'],
  ['FORBIDDEN', 'entity.verify.failed'],
  ['INTERNAL_ERROR', 'stream.encoding.set stream.not.readable'],
]);

/** Statuses of http-errors that have a code of ours; other 4xx are MALFORMED_REQUEST, other 5xx INTERNAL_ERROR. */
export const httpStatuses: ReadonlyMap<number, ErrorCode> = new Map([
  [401, 'UNAUTHENTICATED'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [405, 'METHOD_NOT_ALLOWED'],
  [406, 'NOT_ACCEPTABLE'],
  [408, 'REQUEST_TIMEOUT'],
  [409, 'CONFLICT'],
  [412, 'PRECONDITION_FAILED'],
  [413, 'PAYLOAD_TOO_LARGE'],
  [415, 'UNSUPPORTED_MEDIA_TYPE'],
  [428, 'PRECONDITION_REQUIRED'],
  [429, 'RATE_LIMITED'],
  [501, 'NOT_IMPLEMENTED'],
  [503, 'SERVICE_UNAVAILABLE'],
]);

/**
 * Errors that Express's own parts raise about a request. SDKs put the status of their upstream on their errors too, so a
 * bare `status` counts for nothing: http-errors is known by `expose`, the router by its URIError.
 * The error becomes no cause where it is the caller's: body-parser keeps the raw body on it.
 */
export function fromHttpError(thrown: Thrown): AppError | undefined {
  const { status, statusCode, expose, type } = thrown;
  if (typeof status !== 'number' || status !== statusCode) return undefined;
  if (typeof expose !== 'boolean') return fromRouter(thrown);
  const code = (typeof type === 'string' ? bodyParserTypes.get(type) : undefined) ?? ours(status);
  return new AppError(code, status < 500 ? {} : { cause: thrown });
}

/** A path parameter such as `%ff` that is no UTF-8. */
function fromRouter({ name, status }: Thrown): AppError | undefined {
  return name === 'URIError' && status === 400 ? new AppError('MALFORMED_REQUEST') : undefined;
}

function ours(status: number): ErrorCode {
  const known = httpStatuses.get(status);
  if (known !== undefined) return known;
  return status >= 400 && status < 500 ? 'MALFORMED_REQUEST' : 'INTERNAL_ERROR';
}
