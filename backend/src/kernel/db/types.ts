/** One query's answer. `rowCount` counts returned or changed rows. */
export interface QueryResult<R> {
  rows: R[];
  rowCount: number;
}

/** A running transaction. Values are always passed as parameters, never joined into the text. */
export interface Transaction {
  query<R = Record<string, unknown>>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<QueryResult<R>>;
}

/** Whose rights a transaction has. A `Caller` of kernel/auth is one by its shape. */
export type RowIdentity =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'user';
      readonly claims: { readonly payload: Readonly<Record<string, unknown>> };
    };

export interface TransactionOptions {
  readOnly?: boolean;
  isolation?: 'read committed' | 'repeatable read' | 'serializable';
  /** Milliseconds; the configured default otherwise. */
  statementTimeoutMs?: number;
  signal?: AbortSignal;
}

export interface PoolState {
  total: number;
  idle: number;
  waiting: number;
  max: number;
}

/**
 * The database as features see it. Every query runs in a transaction that carries a role, so row-level security holds.
 * Deadlocks and serialisation failures run `work` again, so it must have no effect outside the transaction.
 * Rejects with AppError: DATABASE_UNAVAILABLE, DATABASE_TIMEOUT, CONFLICT, DUPLICATE_ENTRY and the rest of the table in
 * kernel/errors.
 */
export interface Database {
  /** Role `authenticated` with the caller's claims, or `anon`. */
  asCaller<T>(
    caller: RowIdentity,
    work: (tx: Transaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /** Role `service_role`: past row-level security. For our own background work only. */
  asService<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Rejects when the database cannot answer within `timeoutMs`. */
  ping(timeoutMs: number): Promise<void>;
  state(): PoolState;
  close(): Promise<void>;
}
