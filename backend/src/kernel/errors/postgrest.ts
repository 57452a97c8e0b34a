import { AppError } from './app-error.ts';
import { codeTable, type CodeTable, type Thrown } from './code-table.ts';
import { fromSqlstate } from './sqlstates.ts';

/**
 * Every error code of PostgREST (39). The server writes the queries, so a query, header or embedding that PostgREST
 * does not take is our mistake; the token, the row and the range are the caller's.
 * Source: PostgREST, "Errors".
 */
export const postgrestCodes: CodeTable = codeTable([
  ['DATABASE_UNAVAILABLE', 'PGRST000 PGRST001 PGRST002'],
  ['DATABASE_TIMEOUT', 'PGRST003'],
  // A page past the end; a single row that is not there.
  ['VALIDATION_FAILED', 'PGRST103'],
  ['NOT_FOUND', 'PGRST116'],
  ['INTERNAL_ERROR', 'PGRST100 PGRST101 PGRST102 PGRST105 PGRST106 PGRST107 PGRST108 PGRST111'],
  ['INTERNAL_ERROR', 'PGRST112 PGRST114 PGRST115 PGRST117 PGRST118 PGRST120 PGRST121 PGRST122'],
  ['INTERNAL_ERROR', 'PGRST123 PGRST124 PGRST125 PGRST126 PGRST127 PGRST128'],
  // The schema cache does not know the table, column, function or relation.
  ['INTERNAL_ERROR', 'PGRST200 PGRST201 PGRST202 PGRST203 PGRST204 PGRST205'],
  ['INTERNAL_ERROR', 'PGRST300 PGRSTX00'],
  ['TOKEN_INVALID', 'PGRST301 PGRST303'],
  ['UNAUTHENTICATED', 'PGRST302'],
]);

/** supabase-js throws a PostgrestError, and hands out a plain object of the same keys. */
function isPostgrestError(thrown: Thrown): boolean {
  return (
    thrown.name === 'PostgrestError' ||
    (typeof thrown.code === 'string' &&
      typeof thrown.message === 'string' &&
      'details' in thrown &&
      'hint' in thrown)
  );
}

export function fromPostgrest(thrown: Thrown): AppError | undefined {
  if (!isPostgrestError(thrown)) return undefined;
  const code = typeof thrown.code === 'string' ? thrown.code : '';
  // PostgREST always gives a code; without one the request failed before it, in the gateway or the network.
  if (code === '') return new AppError('UPSTREAM_UNAVAILABLE', { cause: thrown });
  const ours = postgrestCodes.get(code);
  return ours === undefined ? fromSqlstate(code, thrown) : new AppError(ours, { cause: thrown });
}
