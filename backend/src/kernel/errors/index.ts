export {
  AppError,
  forbidden,
  internalError,
  notFound,
  preconditionFailed,
  unauthenticated,
  validationFailed,
} from './app-error.ts';
export type { AppErrorOptions, FaultDetail } from './app-error.ts';
export { errorCodes } from './codes.ts';
export type { ErrorCode } from './codes.ts';
export { foreignCodes } from './foreign-codes.ts';
export { acceptsProblem, errorBody, errorResponse, problemBody } from './http-response.ts';
export type { ErrorBody, ErrorResponse, ProblemBody, RequestContext } from './http-response.ts';
export { socketErrorBody } from './socket-ack.ts';
export type { EventContext, SocketErrorBody } from './socket-ack.ts';
export { isRetryable } from './sqlstates.ts';
export { toAppError } from './to-app-error.ts';
export { validated, validationDetails } from './validation.ts';
