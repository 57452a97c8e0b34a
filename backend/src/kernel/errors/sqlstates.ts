import { AppError } from './app-error.ts';
import { codeTable, isObject, messageOf, type CodeTable, type Thrown } from './code-table.ts';
import { isPoolerRefusal } from './pooler.ts';

/**
 * Every SQLSTATE of PostgreSQL 15 (260) and what 17 added. A 4xx says that the caller can mend it:
 * - a value that a statement takes as it is (to store, cast, match, limit by) is the caller's: 400;
 * - arithmetic, SQL/JSON paths, syntax, names and privileges of our own making are ours: 500;
 * - a connection that is refused, cut or too slow is 503, also where our own login is refused.
 * Source: PostgreSQL, appendix "Error Codes".
 */
export const sqlstates: CodeTable = codeTable([
  // 00, 01, 02 are no errors, 03 to 21 are mistakes in our statements.
  ['INTERNAL_ERROR', '00000 01000 0100C 01008 01003 01007 01006 01004 01P01 02000 02001 03000'],
  ['INTERNAL_ERROR', '09000 0A000 0B000 0F000 0F001 0L000 0LP01 0P000 0Z000 0Z002 20000 21000'],
  // 08: the connection.
  ['DATABASE_UNAVAILABLE', '08000 08001 08003 08004 08006 08007 08P01'],
  // 22: data.
  ['UNSTORABLE_VALUE', '22000 22001 22003 22007 22008 22009 2200F 22015 22018 22021 22026'],
  ['UNSTORABLE_VALUE', '22030 22032 22037 22P01 22P02 22P03 22P05 2200L 2200M 2200N 2200S 2200T'],
  // Search patterns, limits, positions, time zones.
  ['CONSTRAINT_VIOLATION', '22011 22019 22023 22025 2200B 2200C 2200D 2201B 2201W 2201X'],
  ['INTERNAL_ERROR', '22002 22004 22005 22010 22012 22013 22014 22016 22022 22024 22027 22P04'],
  ['INTERNAL_ERROR', '22P06 2200G 2200H 2201E 2201F 2201G 2202E 2202G 2202H 22031 22033 22034'],
  ['INTERNAL_ERROR', '22035 22036 22038 22039 2203A 2203B 2203C 2203D 2203E 2203F 2203G'],
  // 23: integrity. An exclusion constraint (two bookings of one room) is about state, not about one value.
  ['CONSTRAINT_VIOLATION', '23000 23502 23514'],
  ['REFERENCE_VIOLATION', '23001 23503'],
  ['DUPLICATE_ENTRY', '23505'],
  ['STATE_CONFLICT', '23P01'],
  // 25: transactions. Read-only means a standby after a failover or a full disk.
  ['DATABASE_UNAVAILABLE', '25006'],
  ['DATABASE_TIMEOUT', '25P03 25P04'],
  ['INTERNAL_ERROR', '24000 25000 25001 25002 25003 25004 25005 25007 25008 25P01 25P02 26000'],
  // 28 and 3D000: our own login or database name is refused. The caller has no part in it.
  ['DATABASE_UNAVAILABLE', '28000 28P01 3D000'],
  ['INTERNAL_ERROR', '27000 2B000 2BP01 2D000 2F000 2F002 2F003 2F004 2F005 34000 38000 38001'],
  ['INTERNAL_ERROR', '38002 38003 38004 39000 39001 39004 39P01 39P02 39P03 3B000 3B001 3F000'],
  // 40: lost against another transaction, and the retries of kernel/db are used up.
  ['CONFLICT', '40000 40001 40002 40P01'],
  ['DATABASE_UNAVAILABLE', '40003'],
  // 42: our SQL, except a refusal by grants or row-level security; 44: a view's check option.
  ['FORBIDDEN', '42501'],
  ['INTERNAL_ERROR', '42000 42601 42602 42611 42622 42701 42702 42703 42704 42710 42712 42723'],
  ['INTERNAL_ERROR', '42725 42803 42804 42809 42830 42846 42883 428C9 42939 42P01 42P02 42P03'],
  ['INTERNAL_ERROR', '42P04 42P05 42P06 42P07 42P08 42P09 42P10 42P11 42P12 42P13 42P14 42P15'],
  ['INTERNAL_ERROR', '42P16 42P17 42P18 42P19 42P20 42P21 42P22'],
  ['CONSTRAINT_VIOLATION', '44000'],
  // 53: the server is out of disk, memory or connections.
  ['DATABASE_UNAVAILABLE', '53000 53100 53200 53300 53400'],
  // 54: text too long for an index or a tsvector (54000) and JSON nested too deep (54001) are values.
  ['UNSTORABLE_VALUE', '54000 54001'],
  ['INTERNAL_ERROR', '54011 54023 55000 55006 55P02 55P04'],
  // A lock not had in time says that others hold it for long; waiting helps, mending does not.
  ['DATABASE_TIMEOUT', '55P03 57014 72000'],
  ['DATABASE_UNAVAILABLE', '57000 57P01 57P02 57P03 57P04 57P05'],
  // 58, F0, XX: the server itself; HV: foreign data wrappers.
  ['INTERNAL_ERROR', '58000 58030 58P01 58P02 F0000 F0001 XX000 XX001 XX002'],
  ['UPSTREAM_UNAVAILABLE', 'HV00N'],
  ['INTERNAL_ERROR', 'HV000 HV001 HV002 HV004 HV005 HV006 HV007 HV008 HV009 HV00A HV00B HV00C'],
  ['INTERNAL_ERROR', 'HV00D HV00J HV00K HV00L HV00M HV00P HV00Q HV00R HV010 HV014 HV021 HV024'],
  ['INTERNAL_ERROR', 'HV090 HV091'],
  // P0: a function's RAISE refuses what it was given; its text may hold anything and stays in the log.
  ['CONSTRAINT_VIOLATION', 'P0001'],
  ['INTERNAL_ERROR', 'P0000 P0002 P0003 P0004'],
]);

/** Serialisation failure and deadlock: the same transaction may succeed when run again from its start. */
const retryable: ReadonlySet<unknown> = new Set(['40001', '40P01']);

/** pg's DatabaseError. Node's own errors can have five-letter codes too (EPIPE), but no severity. */
export function isDatabaseError(thrown: Thrown): boolean {
  return typeof thrown.severity === 'string' && typeof thrown.code === 'string';
}

/** Whether running the whole transaction again may help. Takes pg's error, or the AppError made from it. */
export function isRetryable(error: unknown): boolean {
  try {
    const thrown = AppError.is(error) ? error.cause : error;
    return isObject(thrown) && isDatabaseError(thrown) && retryable.has(thrown.code);
  } catch {
    return false;
  }
}

export function fromPostgres(thrown: Thrown): AppError | undefined {
  if (!isDatabaseError(thrown)) return undefined;
  return fromSqlstate(String(thrown.code), thrown);
}

/** A code that is in no table says nothing: INTERNAL_ERROR. */
export function fromSqlstate(sqlstate: string, thrown: Thrown): AppError {
  const code = sqlstates.get(sqlstate) ?? 'INTERNAL_ERROR';
  // Poolers send their own trouble under XX000 or codes of their own.
  if (code === 'INTERNAL_ERROR' && isPoolerRefusal(messageOf(thrown))) {
    return new AppError('DATABASE_UNAVAILABLE', { cause: thrown });
  }
  return new AppError(code, { cause: thrown });
}
