import { scrubText } from './scrub-text.ts';

export interface LoggedError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: LoggedError;
}

const deepestCause = 4;

/**
 * What a log line says of an error: its type, message, code, stack and causes. Further properties are left out on
 * purpose: a Postgres error carries row values in `detail`, a body-parser error the whole body. Never throws.
 */
export function serializeError(error: unknown, depth = 0): LoggedError {
  try {
    if (!(error instanceof Error)) return { type: typeof error, message: scrubText(String(error)) };
    const code: unknown = 'code' in error ? error.code : undefined;
    return {
      type: error.name,
      message: scrubText(error.message),
      ...(typeof code === 'string' ? { code: scrubText(code) } : {}),
      ...(typeof error.stack === 'string' ? { stack: scrubText(error.stack) } : {}),
      ...(error.cause !== undefined && depth < deepestCause
        ? { cause: serializeError(error.cause, depth + 1) }
        : {}),
    };
  } catch {
    return { type: 'unreadable', message: 'The error could not be read.' };
  }
}
