import { AppError } from '../errors/index.ts';
import type { FlagsAdmin } from '../flags/index.ts';

// What the pieces of the kernel are about to bring themselves.

/** Until a piece is there. */
function pending<T extends object>(): T {
  return new Proxy({} as T, {
    get: () => () => Promise.reject(new AppError('SERVICE_UNAVAILABLE')),
  });
}

export const pendingFlags = pending<FlagsAdmin>();
