/** What is written of an error. */
export interface ScrubbedError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: unknown;
  /** Of an AggregateError. */
  errors?: unknown[];
  [detail: string]: unknown;
}

export interface ErrorParts {
  text: (text: string) => string;
  value: (value: unknown) => unknown;
}

/**
 * Short texts and numbers that say where to look and hold nobody's data: of pg, Supabase, Stripe, body-parser. Every other
 * property is left out on purpose: a Postgres error carries row values in `detail`, a body-parser error the whole body.
 */
const kept = [
  'status',
  'statusCode',
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
  'syscall',
  'port',
  'rawType',
  'requestId',
  'traceId',
] as const;
const longestKept = 200;
const mostErrors = 10;

/** Its type, message, code, stack, causes and a few harmless details. */
export function scrubError(error: object, { text, value }: ErrorParts): ScrubbedError {
  const read = (name: string): unknown => (error as Record<string, unknown>)[name];
  const { code, stack, cause, errors } = Object.fromEntries(
    ['code', 'stack', 'cause', 'errors'].map((name) => [name, read(name)]),
  );
  const scrubbed: ScrubbedError = {
    type: text(String(read('name'))),
    message: text(String(read('message'))),
  };
  if (typeof code === 'string') scrubbed.code = text(code);
  if (typeof stack === 'string') scrubbed.stack = text(stack);
  for (const name of kept) {
    const detail = read(name);
    if (typeof detail === 'number') scrubbed[name] = detail;
    if (typeof detail === 'string' && detail.length <= longestKept) scrubbed[name] = text(detail);
  }
  if (cause !== undefined) scrubbed.cause = value(cause);
  if (Array.isArray(errors)) scrubbed.errors = errors.slice(0, mostErrors).map(value);
  return scrubbed;
}
