import { errorCodes, type ErrorCode } from './codes.ts';

/** Where a value was wrong and why; never the value itself. */
export interface FaultDetail {
  field: string;
  reason: string;
}

export interface AppErrorOptions {
  /** Shown to the client instead of the code's standard message. Must not carry input, SQL or secrets. */
  message?: string;
  details?: readonly FaultDetail[];
  /** The upstream that it is about, by the name that clients may see. */
  provider?: string;
  /** Seconds, sent as Retry-After. */
  retryAfterSeconds?: number;
  /** Further response headers, such as Allow. */
  headers?: Readonly<Record<string, string>>;
  /** For the log only. */
  cause?: unknown;
}

/** The only error that reaches a client. `code` decides the HTTP status. */
export class AppError extends Error {
  readonly #genuine = true;
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly statusCode: number;
  readonly details: readonly FaultDetail[] | undefined;
  readonly provider: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? errorCodes[code].message, { cause: options.cause });
    this.code = code;
    this.statusCode = errorCodes[code].status;
    this.details = options.details;
    this.provider = options.provider;
    this.retryAfterSeconds =
      options.retryAfterSeconds ?? (this.statusCode === 503 ? defaultRetryAfterSeconds : undefined);
    this.headers = options.headers ?? {};
  }

  /** Whether this was made here: true for no copy, proxy or look-alike, and never runs foreign code. */
  static is(value: unknown): value is AppError {
    return typeof value === 'object' && value !== null && #genuine in value;
  }
}

const defaultRetryAfterSeconds = 5;

export const notFound = (message?: string): AppError =>
  new AppError('NOT_FOUND', message === undefined ? {} : { message });
export const forbidden = (message?: string): AppError =>
  new AppError('FORBIDDEN', message === undefined ? {} : { message });
export const unauthenticated = (cause?: unknown): AppError =>
  new AppError('UNAUTHENTICATED', { cause });
export const validationFailed = (details: readonly FaultDetail[]): AppError =>
  new AppError('VALIDATION_FAILED', { details });
export const preconditionFailed = (): AppError => new AppError('PRECONDITION_FAILED');
export const internalError = (cause: unknown): AppError =>
  new AppError('INTERNAL_ERROR', { cause });
