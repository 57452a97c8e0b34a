import type { RateLimitTier } from '../config/index.ts';
import { AppError } from '../errors/index.ts';

export type { RateLimitTier } from '../config/index.ts';

export const rateLimitTiers: readonly RateLimitTier[] = [
  'public',
  'signed-in',
  'auth-sensitive',
  'expensive',
  'webhook',
];

/** Counted exactly over all processes, which costs each request a round trip to the store. */
export const strictTiers: ReadonlySet<RateLimitTier> = new Set(['auth-sensitive', 'expensive']);

/** Points come back all at once, a minute after the first was taken. */
export const windowMs = 60_000;

export interface RateLimitState {
  limit: number;
  remaining: number;
  resetSeconds: number;
}

export const rateLimitHeaderNames = [
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
] as const;

export function rateLimitHeaders(
  state: RateLimitState,
): Record<(typeof rateLimitHeaderNames)[number], string> {
  return {
    'RateLimit-Limit': String(state.limit),
    'RateLimit-Remaining': String(state.remaining),
    'RateLimit-Reset': String(state.resetSeconds),
  };
}

/** Some senders of webhooks never come again after a 4xx, so theirs is a 503. */
export function rateLimited(tier: RateLimitTier, limit: number, resetSeconds: number): AppError {
  return new AppError(tier === 'webhook' ? 'SERVICE_UNAVAILABLE' : 'RATE_LIMITED', {
    retryAfterSeconds: resetSeconds,
    headers: rateLimitHeaders({ limit, remaining: 0, resetSeconds }),
  });
}
