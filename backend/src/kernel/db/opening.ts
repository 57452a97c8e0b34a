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

/**
 * Begins a transaction and gives it its role, claims and limits: two statements, one round trip. Every setting is written
 * each time and ends with the transaction, so whoever used the connection before has no say in it.
 */
export function openingStatements(
  identity: Identity,
  limits: Limits,
  { isolation = 'read committed', readOnly = false }: TransactionOptions,
): string {
  const settings = {
    ...rights(identity),
    statement_timeout: String(limits.statementTimeoutMs),
    lock_timeout: String(limits.lockTimeoutMs),
    idle_in_transaction_session_timeout: String(limits.idleTimeoutMs),
  };
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config(${escapeLiteral(name)}, ${escapeLiteral(value)}, true)`,
  );
  return `${begin[isolation]}${readOnly ? ' READ ONLY' : ''}; SELECT ${calls.join(', ')}`;
}

function rights(identity: Identity): { role: string; 'request.jwt.claims': string } {
  switch (identity.kind) {
    case 'anonymous':
      return { role: 'anon', 'request.jwt.claims': '{"role":"anon"}' };
    case 'user':
      return {
        role: 'authenticated',
        'request.jwt.claims': JSON.stringify(identity.claims.payload),
      };
    case 'service':
      return { role: 'service_role', 'request.jwt.claims': '{"role":"service_role"}' };
    case 'login':
      return { role: 'none', 'request.jwt.claims': '' };
  }
}
