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
