import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { isIPv6 } from 'node:net';
import type { KernelConfig, RateLimitTier } from '../config/index.ts';
import { AppError } from '../errors/index.ts';

export type { RateLimitTier } from '../config/index.ts';

export const rateLimitTiers: readonly RateLimitTier[] = [
  'public',
  'signed-in',
  'auth-sensitive',
  'expensive',
  'webhook',
];

const windowSeconds = 60;

export interface RateLimitState {
  limit: number;
  remaining: number;
  resetSeconds: number;
}

export interface RateLimiter {
  /** Takes one point. Rejects with RATE_LIMITED once the tier's points are used up. */
  consume(tier: RateLimitTier, key: string): Promise<RateLimitState>;
}

/** Counts in this process: with N processes a caller has up to N times the points. */
export function createRateLimiter({ perMinute }: KernelConfig['ratelimit']): RateLimiter {
  const limiters = new Map(
    rateLimitTiers.map((tier) => [
      tier,
      new RateLimiterMemory({ keyPrefix: tier, points: perMinute[tier], duration: windowSeconds }),
    ]),
  );

  return {
    async consume(tier, key) {
      const limit = perMinute[tier];
      const limiter = limiters.get(tier);
      if (!limiter) throw new Error(`There is no tier ${tier}`);
      try {
        const result = await limiter.consume(key);
        return {
          limit,
          remaining: result.remainingPoints,
          resetSeconds: Math.ceil(result.msBeforeNext / 1000),
        };
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        throw rateLimited(limit, Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)));
      }
    },
  };
}

/**
 * A request or connection whose token is refused counts as a public one of its address, so that tokens cannot be tried
 * without end. Rejects as `authenticate` does, or with RATE_LIMITED. The caller's own points are untouched: nobody is who
 * a refused token says.
 */
export async function countRefusals<T>(
  limiter: RateLimiter,
  address: string | undefined,
  authenticate: () => Promise<T>,
): Promise<T> {
  try {
    return await authenticate();
  } catch (refusal) {
    if (AppError.is(refusal) && refusal.statusCode < 500)
      await limiter.consume('public', rateLimitKey(undefined, address));
    throw refusal;
  }
}

function rateLimited(limit: number, resetSeconds: number): AppError {
  return new AppError('RATE_LIMITED', {
    retryAfterSeconds: resetSeconds,
    headers: rateLimitHeaders({ limit, remaining: 0, resetSeconds }),
  });
}

export function rateLimitHeaders(state: RateLimitState): Record<string, string> {
  return {
    'RateLimit-Limit': String(state.limit),
    'RateLimit-Remaining': String(state.remaining),
    'RateLimit-Reset': String(state.resetSeconds),
  };
}

/** A user is one caller wherever they are; others are told apart by address, IPv6 by its /64. */
export function rateLimitKey(userId: string | undefined, address: string | undefined): string {
  if (userId !== undefined) return `user:${userId}`;
  if (address === undefined) return 'ip:unknown';
  const plain = address.toLowerCase().replace(/^::ffff:(?=[\d.]+$)/, '');
  return `ip:${isIPv6(plain) ? networkPrefix(plain) : plain}`;
}

/** The first four groups of an IPv6 address, written out. */
function networkPrefix(address: string): string {
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array<string>(Math.max(0, missing)).fill('0'), ...back]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
