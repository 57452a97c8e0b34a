const sqlstate = /^[0-9A-Z]{5}$/;
const deepestCause = 5;

/**
 * What makes two errors one issue, where the place in the code says too little: the code of the database, the provider
 * that failed. Otherwise undefined, and Sentry groups by stack.
 */
export function groupingOf(
  error: unknown,
  { code, provider }: { code: string; provider?: string | undefined },
): string[] | undefined {
  if (provider !== undefined) return ['provider', provider, code];
  const ofDatabase = databaseCode(error);
  if (ofDatabase !== undefined) return ['database', ...ofDatabase];
  const own = error instanceof Error && 'code' in error ? error.code : code;
  return typeof own === 'string' && own.startsWith('DATABASE_') ? ['database', own] : undefined;
}

/** The SQLSTATE and, where one is named, the constraint. */
function databaseCode(error: unknown): string[] | undefined {
  let current = error;
  for (let depth = 0; depth < deepestCause && current instanceof Error; depth += 1) {
    const { code, severity, constraint } = current as Error & Record<string, unknown>;
    if (typeof code === 'string' && sqlstate.test(code) && severity !== undefined)
      return typeof constraint === 'string' ? [code, constraint] : [code];
    current = current.cause;
  }
  return undefined;
}
