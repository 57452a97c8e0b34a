import { escapeLiteral } from 'pg';
import type { RowIdentity, TransactionOptions } from './types.ts';

export type Identity = RowIdentity | { readonly kind: 'service' } | { readonly kind: 'login' };

export interface Limits {
  statementTimeoutMs: number;
  lockTimeoutMs: number;
  idleTimeoutMs: number;
}

const begin = {
  'read committed': 'BEGIN ISOLATION LEVEL READ COMMITTED',
  'repeatable read': 'BEGIN ISOLATION LEVEL REPEATABLE READ',
  serializable: 'BEGIN ISOLATION LEVEL SERIALIZABLE',
} as const;

/** What Postgres calls the role that the connection was opened with. */
export const loginRole = 'none';

export interface Opening {
  statements: string;
  role: string;
}

/**
 * Begins a transaction and gives it its role, claims and limits: two statements, one round trip. Every setting is written
 * each time and ends with the transaction, so whoever used the connection before has no say in it.
 */
export function openingStatements(
  identity: Identity,
  limits: Limits,
  { isolation = 'read committed', readOnly = false }: TransactionOptions,
): Opening {
  const given = rights(identity);
  const settings = {
    ...given,
    statement_timeout: String(limits.statementTimeoutMs),
    lock_timeout: String(limits.lockTimeoutMs),
    idle_in_transaction_session_timeout: String(limits.idleTimeoutMs),
  };
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config(${escapeLiteral(name)}, ${escapeLiteral(value)}, true)`,
  );
  const statements = `${begin[isolation]}${readOnly ? ' READ ONLY' : ''}; SELECT ${calls.join(', ')}`;
  return { statements, role: given.role };
}

/** A statement that sets what a transaction needs and gives no row, and its parameters. */
export interface ReadOpening {
  text: string;
  values: readonly string[];
}

// No limit on idleness: between its parts a pipelined transaction waits for nobody. Settings are never null.
const readSettings = `SELECT WHERE set_config('role', $1, true) IS NULL
  OR set_config('request.jwt.claims', $2, true) IS NULL
  OR set_config('statement_timeout', $3, true) IS NULL
  OR set_config('lock_timeout', $4, true) IS NULL
  OR set_config('transaction_read_only', 'on', true) IS NULL`;

/** The same settings, for one read that is sent along with them. */
export function readOpening(
  caller: RowIdentity,
  limits: Omit<Limits, 'idleTimeoutMs'>,
): ReadOpening {
  const { role, 'request.jwt.claims': claims } = rights(caller);
  return {
    text: readSettings,
    values: [role, claims, String(limits.statementTimeoutMs), String(limits.lockTimeoutMs)],
  };
}

function rights(identity: Identity): { role: string; 'request.jwt.claims': string } {
  switch (identity.kind) {
    case 'anonymous':
      return { role: 'anon', 'request.jwt.claims': '{"role":"anon"}' };
    case 'user':
      return {
        role: 'authenticated',
        'request.jwt.claims': jsonOf(identity.claims.payload),
      };
    case 'service':
      return { role: 'service_role', 'request.jwt.claims': '{"role":"service_role"}' };
    case 'login':
      return { role: loginRole, 'request.jwt.claims': '' };
  }
}

const jsonOfFrozen = new WeakMap<object, string>();

/** Written once for all requests of a token: the claims of a verified one are frozen throughout. */
function jsonOf(payload: Readonly<Record<string, unknown>>): string {
  if (!Object.isFrozen(payload)) return JSON.stringify(payload);
  const known = jsonOfFrozen.get(payload);
  if (known !== undefined) return known;
  const json = JSON.stringify(payload);
  jsonOfFrozen.set(payload, json);
  return json;
}
