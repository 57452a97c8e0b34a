import { retryAfterMs } from './retry-after.ts';
import { ProviderAnswer } from './upstream-error.ts';

export type Failing = 'failed' | 'timeout' | 'invalid' | 'rejected' | 'rate_limited';

export interface FailedTryOptions {
  /** A code such as `HTTP 503`; shown to operators, so never a text of the provider's. */
  reason: string;
  /** It counts against the provider. */
  blame: boolean;
  /** Another try may end better. */
  again: boolean;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** One try that ended badly, and what follows from it. */
export class FailedTry extends Error {
  override readonly name = 'FailedTry';
  readonly kind: Failing;
  readonly blame: boolean;
  readonly again: boolean;
  readonly retryAfterMs: number | undefined;
  /** Set where the call goes on: the next try begins after this. */
  nextAfterMs: number | undefined;

  constructor(kind: Failing, options: FailedTryOptions) {
    super(options.reason, { cause: options.cause });
    this.kind = kind;
    this.blame = options.blame;
    this.again = options.again;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** These say what the provider will never do; the other 5xx may pass. */
const lasting = new Set([501, 505, 511]);
/** Refusals that are about the moment and not about the request. */
const passing = new Set([408, 425]);

/** What follows from an HTTP status that is no success. */
export function failedByStatus(
  provider: string,
  status: number,
  retryAfterMs?: number,
  cause: unknown = new ProviderAnswer(provider, status),
): FailedTry {
  const reason = `HTTP ${status}`;
  if (status === 429)
    return new FailedTry('rate_limited', {
      reason,
      blame: false,
      again: true,
      retryAfterMs,
      cause,
    });
  if (status >= 500 && status < 600) {
    const again = !lasting.has(status);
    return new FailedTry('failed', { reason, blame: true, again, retryAfterMs, cause });
  }
  return new FailedTry('rejected', { reason, blame: false, again: passing.has(status), cause });
}

/** What follows from a pause that the provider has asked for in another answer. */
export const failedByPause = (retryAfterMs: number): FailedTry =>
  new FailedTry('rate_limited', { reason: 'paused', blame: false, again: true, retryAfterMs });

/** What follows from anything else that was thrown: by a library, or by the network below it. */
export function failedByError(provider: string, error: unknown): FailedTry {
  if (error instanceof FailedTry) return error;
  const { status, statusCode, code, cause, headers } = (error ?? {}) as Record<string, unknown>;
  const http = [status, statusCode].find((value) => typeof value === 'number' && value >= 400);
  if (typeof http === 'number') {
    const answer = new ProviderAnswer(provider, http);
    answer.cause = error;
    return failedByStatus(provider, http, retryAfterMs(headerOf(headers)), answer);
  }
  const causeCode = (cause as { code?: unknown } | undefined)?.code;
  const known = [code, causeCode].find((value) => typeof value === 'string' && value !== '');
  const reason = (known as string | undefined) ?? 'no answer';
  // By their codes: the decompressor found that what came is not what it was said to be.
  if (reason.startsWith('Z_') || reason.startsWith('ERR__ERROR') || reason.startsWith('ZSTD'))
    return new FailedTry('invalid', { reason, blame: true, again: true, cause: error });
  return new FailedTry('failed', {
    reason: /^[A-Z0-9_]{1,60}$/.test(reason) ? reason : 'no answer',
    blame: true,
    again: true,
    cause: error,
  });
}

/** Libraries hand an answer's headers on as an object or as `Headers`. */
function headerOf(headers: unknown): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const value: unknown =
    headers instanceof Headers
      ? headers.get('retry-after')
      : (headers as Record<string, unknown>)['retry-after'];
  return typeof value === 'string' ? value : undefined;
}
