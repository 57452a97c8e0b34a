import type { FailedAttempt, JobError } from './admin-types.ts';

/** Most failed attempts that are kept of a job: the last ones. */
const mostKept = 20;
const longestMessage = 2_000;
const longestStack = 4_000;

/** What a job is stored with once an attempt has failed: every failure so far, and the stack of the last one. */
interface Failures {
  failures: { attempt: number; at: string; error: JobError }[];
  stack?: string;
}

/** @param scrubbed The error, without what may not be stored. */
export function withFailure(output: unknown, attempt: number, scrubbed: unknown): Failures {
  const thrown = isObject(scrubbed) ? scrubbed : { message: String(scrubbed) };
  const stack = textOrNull(thrown.stack);
  const failure = {
    attempt,
    at: new Date().toISOString(),
    error: errorOf({ ...thrown, name: thrown.name ?? thrown.type }),
  };
  const before = failuresOf(output).map(({ at, ...rest }) => ({
    ...rest,
    at: at === null ? '' : at.toISOString(),
  }));
  return {
    failures: [...before, failure].slice(-mostKept),
    ...(stack === null ? {} : { stack: stack.slice(0, longestStack) }),
  };
}

/** What `withFailure` wrote; and pg-boss's own words, where it was the one that saw an attempt end. */
export function failuresOf(output: unknown): FailedAttempt[] {
  if (!isObject(output)) return [];
  if (Array.isArray(output.failures)) {
    return output.failures.filter(isObject).map((failure) => ({
      attempt: Number(failure.attempt),
      at: dateOrNull(failure.at),
      error: errorOf(failure.error),
    }));
  }
  const said = isObject(output.value) ? output.value : output;
  return typeof said.message === 'string' ? [{ attempt: 0, at: null, error: errorOf(said) }] : [];
}

function errorOf(stored: unknown): JobError {
  const error = isObject(stored) ? stored : {};
  return {
    name: textOrNull(error.name) ?? 'Error',
    message: (textOrNull(error.message) ?? '').slice(0, longestMessage),
    ...(typeof error.code === 'string' ? { code: error.code } : {}),
  };
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' ? value : null;

function dateOrNull(value: unknown): Date | null {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
