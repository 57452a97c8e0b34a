import { AppError } from '../errors/index.ts';
import { rateLimitKey } from './key.ts';
import type { RateLimiter } from './rate-limiter.ts';

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
