import { describe, expect, test } from '@jest/globals';
import { authCodes } from './auth-codes.ts';
import { errorCodes, type ErrorCode } from './codes.ts';
import { codeTable } from './code-table.ts';
import { foreignCodes } from './foreign-codes.ts';
import { isPoolerRefusal, poolerOverloadMessages } from './pooler.ts';
import { postgrestCodes } from './postgrest.ts';
import { sqlstates } from './sqlstates.ts';
import { toAppError } from './to-app-error.ts';

const databaseError = (code: string, message = 'secret text') =>
  Object.assign(new Error(message), { severity: 'ERROR', code });

const statusOf = (code: ErrorCode | undefined) => code && errorCodes[code].status;

describe('Every table', () => {
  test.each(foreignCodes)('of $source decides with codes that exist', ({ codes }) => {
    expect(codes.size).toBeGreaterThan(0);
    for (const ours of codes.values()) expect(errorCodes).toHaveProperty(ours);
  });

  test('refuses to list a code twice', () => {
    expect(() =>
      codeTable([
        ['CONFLICT', 'a b'],
        ['FORBIDDEN', 'b'],
      ]),
    ).toThrow('twice');
  });

  test('answers nothing for the names every object has', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect(toAppError(databaseError(name)).code).toBe('INTERNAL_ERROR');
    }
  });
});

describe('SQLSTATEs', () => {
  test('are all there: 260 of Postgres 15, and 25P04 of 17', () => {
    expect(sqlstates.size).toBe(261);
    for (const code of sqlstates.keys()) expect(code).toMatch(/^[0-9A-Z]{5}$/);
  });

  test('of a database error become the code of the table', () => {
    for (const [code, ours] of sqlstates) expect(toAppError(databaseError(code)).code).toBe(ours);
  });

  test.each<[string, ErrorCode, number]>([
    ['23505', 'DUPLICATE_ENTRY', 409],
    ['23503', 'REFERENCE_VIOLATION', 409],
    ['23502', 'CONSTRAINT_VIOLATION', 400],
    ['23514', 'CONSTRAINT_VIOLATION', 400],
    ['40001', 'CONFLICT', 409],
    ['40P01', 'CONFLICT', 409],
    ['42501', 'FORBIDDEN', 403],
    ['P0001', 'CONSTRAINT_VIOLATION', 400],
    ['22P02', 'UNSTORABLE_VALUE', 400],
    ['22003', 'UNSTORABLE_VALUE', 400],
    ['22007', 'UNSTORABLE_VALUE', 400],
    ['22008', 'UNSTORABLE_VALUE', 400],
    ['22021', 'UNSTORABLE_VALUE', 400],
    ['22P05', 'UNSTORABLE_VALUE', 400],
    ['22001', 'UNSTORABLE_VALUE', 400],
    ['57014', 'DATABASE_TIMEOUT', 503],
    ['55P03', 'DATABASE_TIMEOUT', 503],
    ['25006', 'DATABASE_UNAVAILABLE', 503],
    ['28P01', 'DATABASE_UNAVAILABLE', 503],
    ['42601', 'INTERNAL_ERROR', 500],
    ['42P01', 'INTERNAL_ERROR', 500],
    ['42703', 'INTERNAL_ERROR', 500],
  ])('%s is %s, %i', (code, ours, status) => {
    expect(toAppError(databaseError(code))).toMatchObject({ code: ours, statusCode: status });
  });

  test.each(['08', '28', '53', '57'])('of class %s are 503 with Retry-After', (sqlClass) => {
    const codes = [...sqlstates.keys()].filter((code) => code.startsWith(sqlClass));
    expect(codes.length).toBeGreaterThan(1);
    for (const code of codes) {
      const error = toAppError(databaseError(code));
      expect(error.statusCode).toBe(503);
      expect(error.retryAfterSeconds).toBeGreaterThan(0);
    }
  });

  test('about our own SQL are 500, but for a refusal by grants or row-level security', () => {
    const ours = [...sqlstates].filter(([code]) => code.startsWith('42') && code !== '42501');
    expect(ours).toHaveLength(43);
    expect(new Set(ours.map(([, code]) => code))).toEqual(new Set(['INTERNAL_ERROR']));
  });

  test('nobody has met are INTERNAL_ERROR, also within a known class', () => {
    for (const code of ['23999', '08999', '57P99', 'ZZ999', 'PT404', '', '💥'.repeat(5)]) {
      expect(toAppError(databaseError(code)).code).toBe('INTERNAL_ERROR');
    }
  });
});

/** PostgREST's own answers to SQLSTATEs, first match wins. Where ours differs, the reason stands beside it. */
const postgrestRules: readonly (readonly [match: RegExp, status: number])[] = [
  [/^08/, 503],
  [/^09/, 500],
  [/^0L/, 403],
  [/^0P/, 403],
  [/^23503/, 409],
  [/^23505/, 409],
  [/^25006/, 405],
  [/^25/, 500],
  [/^28/, 403],
  [/^2D/, 500],
  [/^38/, 500],
  [/^39/, 500],
  [/^3B/, 500],
  [/^40/, 500],
  [/^53400/, 500],
  [/^53/, 503],
  [/^54/, 500],
  [/^55/, 500],
  [/^57/, 500],
  [/^58/, 500],
  [/^F0/, 500],
  [/^HV/, 500],
  [/^P0001/, 400],
  [/^P0/, 500],
  [/^XX/, 500],
  [/^42883/, 404],
  [/^42P01/, 404],
  [/^42P17/, 500],
  [/^42501/, 403],
  [/^/, 400],
];

const departures: readonly (readonly [match: RegExp, status: number, why: string])[] = [
  [/^0L|^0P/, 500, 'roles are set by us'],
  [/^25006/, 503, 'the database is read-only for a while'],
  [/^25P0[34]/, 503, 'the server ended an idle or long transaction'],
  [/^28|^3D000/, 503, 'our own login or database name'],
  [/^40003/, 503, 'whether it was committed is unknown'],
  [/^40/, 409, 'another transaction won'],
  [/^53400/, 503, 'the server is at a limit'],
  [/^5400[01]/, 400, 'a value too large for an index or too deep'],
  [/^55P03|^72000/, 503, 'waiting helps'],
  [/^57/, 503, 'cancelled, or the server goes down'],
  [/^HV00N/, 503, 'the foreign server does not answer'],
  [/^23001|^23P01/, 409, 'the state of other rows stands in the way'],
];

describe("PostgREST's answers to SQLSTATEs", () => {
  test('are 30 rules', () => {
    expect(postgrestRules).toHaveLength(30);
  });

  test('are ours too, but for the departures listed and what we call our own fault', () => {
    for (const [sqlstate, ours] of sqlstates) {
      const theirs = postgrestRules.find(([match]) => match.test(sqlstate))?.[1];
      const departure = departures.find(([match]) => match.test(sqlstate));
      // PostgREST calls the rest 400, because its SQL is the caller's; ours is not.
      const ourFault = theirs !== 503 && statusOf(ours) === 500;
      const expected = departure?.[1] ?? (ourFault ? 500 : theirs);
      expect([sqlstate, statusOf(ours)]).toEqual([sqlstate, expected]);
    }
  });
});

describe('PostgREST codes', () => {
  test('are all there, 39 of them, and decide', () => {
    expect(postgrestCodes.size).toBe(39);
    for (const [code, ours] of postgrestCodes) {
      expect(code).toMatch(/^PGRST[0-9X]\d\d$/);
      const thrown = { code, message: 'secret text', details: null, hint: null };
      expect(toAppError(thrown).code).toBe(ours);
    }
  });

  test('no answer below 500 is left to the caller who cannot mend our query', () => {
    const callers = [...postgrestCodes].filter(([, ours]) => errorCodes[ours].status < 500);
    expect(callers.map(([code]) => code).sort()).toEqual([
      'PGRST103',
      'PGRST116',
      'PGRST301',
      'PGRST302',
      'PGRST303',
    ]);
  });
});

describe('Auth codes', () => {
  test('are all there, 109 of them, and decide', () => {
    expect(authCodes.size).toBe(109);
    for (const [code, ours] of authCodes) {
      const thrown = Object.assign(new Error('secret text'), { __isAuthError: true, code });
      expect(toAppError(thrown).code).toBe(ours);
    }
  });
});

describe('A pooler that gives no connection', () => {
  test('is known by its seven messages', () => {
    expect(poolerOverloadMessages).toHaveLength(7);
    for (const message of poolerOverloadMessages) {
      const error = toAppError(databaseError('XX000', `FATAL: ${message} (limit 15)`));
      expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', statusCode: 503 });
      expect(error.message).not.toContain(message);
    }
  });

  test('is known by the codes of newer Supavisors, other than those about a statement', () => {
    expect(isPoolerRefusal('(EMAXCONNSESSION) max clients reached in session mode')).toBe(true);
    expect(isPoolerRefusal('(ECHECKOUTTIMEOUT) Pool checkout timeout.')).toBe(true);
    expect(isPoolerRefusal('(ESETNOTALLOWED) session-level SET statements')).toBe(false);
    expect(isPoolerRefusal('cache lookup failed for relation 16402')).toBe(false);
  });

  test('does not take over an error that a function raised with the same words', () => {
    expect(toAppError(databaseError('P0001', 'Authentication error')).statusCode).toBe(400);
    expect(toAppError(new Error('Authentication error')).statusCode).toBe(500);
  });
});
