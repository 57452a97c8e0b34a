import { AppError, internalError } from './app-error.ts';
import { fromAuth } from './auth-codes.ts';
import { fromHttpError } from './body-parser.ts';
import { isObject, type Source } from './code-table.ts';
import { fromNetwork } from './network.ts';
import { fromPostgrest } from './postgrest.ts';
import { fromPostgres } from './sqlstates.ts';
import { fromStorage } from './storage.ts';
import { fromJoi } from './validation.ts';

/** In this order: the ones that mark their errors first, those known by loose signs last. */
const sources: readonly Source[] = [
  fromJoi,
  fromAuth,
  fromStorage,
  fromPostgres,
  fromPostgrest,
  fromHttpError,
  fromNetwork,
];

const maxCauseLength = 500;

/**
 * What a client is told about anything that was thrown. Never throws. An AppError passes through; what no table knows
 * is INTERNAL_ERROR and says nothing. The thrown value stays as `cause`, for the log only.
 */
export function toAppError(thrown: unknown): AppError {
  if (AppError.is(thrown)) return thrown;
  if (typeof thrown === 'string') return internalError(thrown.slice(0, maxCauseLength));
  if (!isObject(thrown)) return internalError(thrown);
  try {
    for (const source of sources) {
      const error = source(thrown);
      if (error !== undefined) return error;
    }
    return internalError(thrown);
  } catch {
    // A proxy or getter that throws would do so in the log as well.
    return internalError(new Error('Something was thrown that cannot be read.'));
  }
}
