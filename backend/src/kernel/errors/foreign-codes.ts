import { authCodes, authErrorNames } from './auth-codes.ts';
import { bodyParserTypes } from './body-parser.ts';
import type { CodeTable } from './code-table.ts';
import { driverMessages, fetchCodes, networkCodes } from './network.ts';
import { postgrestCodes } from './postgrest.ts';
import { sqlstates } from './sqlstates.ts';
import { storageCodes } from './storage.ts';

/** Every table that decides on somebody else's errors, for the documentation and the tests. */
export const foreignCodes: readonly { source: string; codes: CodeTable }[] = [
  { source: 'SQLSTATE', codes: sqlstates },
  { source: 'PostgREST', codes: postgrestCodes },
  { source: 'Supabase Auth', codes: authCodes },
  { source: 'auth-js', codes: authErrorNames },
  { source: 'Supabase Storage', codes: storageCodes },
  { source: 'Network', codes: networkCodes },
  { source: 'fetch', codes: fetchCodes },
  { source: 'pg', codes: driverMessages },
  { source: 'body-parser', codes: bodyParserTypes },
];
