import { AppError, type ErrorCode } from '../errors/index.ts';

/** The `cause` of what a provider's answer led to; stays in the log. */
export class ProviderAnswer extends Error {
  override readonly name = 'ProviderAnswer';
  readonly status: number;

  constructor(provider: string, status: number) {
    super(`${provider} answered ${status}`);
    this.status = status;
  }
}

/** The HTTP status that a provider answered with, where an error of `fetchJson` comes from such an answer. */
export function upstreamStatus(error: unknown): number | undefined {
  return AppError.is(error) && error.cause instanceof ProviderAnswer
    ? error.cause.status
    : undefined;
}

const codes = {
  failed: 'UPSTREAM_UNAVAILABLE',
  timeout: 'UPSTREAM_TIMEOUT',
  invalid: 'UPSTREAM_INVALID_RESPONSE',
  rejected: 'UPSTREAM_REJECTED',
  rate_limited: 'UPSTREAM_RATE_LIMITED',
} as const satisfies Record<string, ErrorCode>;

/** What a route that calls an upstream may answer, for its declaration. */
export const upstreamErrors: readonly ErrorCode[] = Object.values(codes);

/** What a client is told. `waitMs`: when asking again may help, where that is known. */
export function failureOf(
  provider: string,
  kind: keyof typeof codes,
  waitMs: number | undefined,
  cause: unknown,
): AppError {
  return new AppError(codes[kind], {
    provider,
    cause,
    ...(waitMs !== undefined &&
      waitMs > 0 && { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) }),
  });
}

export const unavailable = (provider: string, waitMs: number, cause?: unknown): AppError =>
  failureOf(provider, 'failed', waitMs, cause);
export const rateLimited = (provider: string, waitMs: number): AppError =>
  failureOf(provider, 'rate_limited', waitMs, undefined);
export const timedOut = (provider: string, cause: unknown): AppError =>
  failureOf(provider, 'timeout', undefined, cause);
