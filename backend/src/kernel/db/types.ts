/** One query's answer. `rowCount` counts returned or changed rows. */
export interface QueryResult<R> {
  rows: R[];
  rowCount: number;
}

/** A running transaction. Values are always passed as parameters, never joined into the text. */
export interface Transaction {
  /**
   * Does `work` once the transaction is committed, and never where it is not. For what the rest of the process is told; what
   * must come of the commit whatever becomes of the process is a job. What it throws is logged.
   */
  afterCommit(work: () => void): void;
  /** One statement. Queries of one transaction run one after the other, also when they are not awaited. */
  query<R = Record<string, unknown>>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<QueryResult<R>>;
  /**
   * One statement with the rights of the database URL's own role, whatever role the transaction has. For the kernel's own
   * tables, which must be written in a caller's transaction and not by callers, such as the job queue. The next `query` has
   * the transaction's own role again; one that `work` has set by itself does not come back.
   */
  queryAsLogin<R = Record<string, unknown>>(
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
  /**
   * Aborting rejects with the signal's reason at once, unless the commit is already under way, and rolls back. A statement
   * that the server is working on keeps its connection until it ends or times out, so that giving up never
   * puts more load on the database than the pool allows.
   */
  signal?: AbortSignal;
}

export type ReadOptions = Pick<TransactionOptions, 'statementTimeoutMs' | 'signal'>;

export interface PoolState {
  total: number;
  idle: number;
  waiting: number;
  max: number;
}

export type Work<T> = (tx: Transaction) => Promise<T>;

/**
 * The database as features see it. Every query runs in a transaction that carries a role, so row-level security holds.
 * Nothing is set for longer than the transaction, and only reads are named, which go on without where names are lost: so a
 * transaction pooler may stand between.
 * Deadlocks and serialisation failures run `work` again (three times in all, then CONFLICT), so it must have no effect
 * outside the transaction.
 * Rejects with AppError: DATABASE_UNAVAILABLE, DATABASE_TIMEOUT, CONFLICT, DUPLICATE_ENTRY and the rest of the table in
 * kernel/errors; what `work` itself throws comes back as it is.
 */
export interface Database {
  /** Role `authenticated` with the caller's claims, or `anon`. */
  asCaller<T>(caller: RowIdentity, work: Work<T>, options?: TransactionOptions): Promise<T>;
  /**
   * One statement that only reads, with the rights of `asCaller`, in a single round trip. Having changed nothing, it is tried
   * again where its connection is lost, too.
   */
  readAsCaller<R>(
    caller: RowIdentity,
    sql: string,
    values: readonly unknown[],
    options?: ReadOptions,
  ): Promise<QueryResult<R>>;
  /** Role `service_role`: past row-level security. For our own background work only. */
  asService<T>(work: Work<T>, options?: TransactionOptions): Promise<T>;
  /** The role of the database URL itself, for tables that no other role may read, such as `auth.sessions`. */
  asLogin<T>(work: Work<T>, options?: TransactionOptions): Promise<T>;
  /**
   * One statement as the login role that commits by itself: a single round trip, for the kernel's own counters. No setting goes
   * with it. After `timeoutMs`, the wait for a connection included, it rejects, and what became of it is unknown.
   */
  statement<R>(sql: string, values: readonly unknown[], timeoutMs: number): Promise<QueryResult<R>>;
  /** Rejects when the database cannot answer within `timeoutMs`; waiting for a connection counts. */
  ping(timeoutMs: number): Promise<void>;
  state(): PoolState;
  /** Refuses new work, lets running work end for `deadlineMs` (default 5000), then cuts it off. Never rejects. */
  close(deadlineMs?: number): Promise<void>;
}
