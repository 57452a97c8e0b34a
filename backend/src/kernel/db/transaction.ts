import type { QueryConfig, QueryResult as PgResult } from 'pg';
import { internalError, isRetryable, toAppError } from '../errors/index.ts';
import type { Connection } from './connection.ts';
import { loginRole, type Opening } from './opening.ts';
import type { Stop } from './stop.ts';
import type { QueryResult, Transaction, Work } from './types.ts';

export type Outcome<T> =
  /** `then`: what waits for the commit. */
  | { kind: 'committed'; value: T; then: readonly (() => void)[] }
  /** `again`: nothing was done, so it may be tried again, at once or after a pause. */
  | { kind: 'failed'; error: unknown; again: 'no' | 'now' | 'later' };

/** One attempt, on a connection of its own, which is given back at the end. */
export async function attempt<T>(
  connection: Connection,
  opening: Opening,
  work: Work<T>,
  stop: Stop,
): Promise<Outcome<T>> {
  const tx = new OpenTransaction(connection, opening.role);
  let opened = false;
  try {
    await Promise.race([tx.open(opening.statements), stop.promise]);
    opened = true;
    const value = await Promise.race([work(tx), stop.promise]);
    // From here on giving up is too late: nobody could tell whether the commit came through.
    await tx.commit();
    connection.giveBack();
    return { kind: 'committed', value, then: tx.committed };
  } catch (error) {
    const undone = tx.abandon();
    if (stop.stopped) return { kind: 'failed', error, again: 'no' };
    await undone;
    if (!opened && connection.lost) return { kind: 'failed', error, again: 'now' };
    return { kind: 'failed', error, again: isRetryable(tx.failure) ? 'later' : 'no' };
  }
}

/** The extended protocol takes one statement only, so no text can smuggle a second one behind it. */
export const extended = (
  sql: string,
  values: readonly unknown[],
): QueryConfig & { queryMode: 'extended' } => ({
  text: sql,
  values: [...values],
  queryMode: 'extended',
});

/** Several statements in one text have several answers. */
const lastCommand = (answer: PgResult | PgResult[]): string | undefined =>
  (Array.isArray(answer) ? answer.at(-1) : answer)?.command;

class OpenTransaction implements Transaction {
  readonly #connection: Connection;
  readonly #role: string;
  #last: Promise<unknown> = Promise.resolve();
  #over = false;
  /** The role of the moment: the transaction's own, or the login's where `queryAsLogin` was last. */
  #asLogin = false;
  /** The first database error, as the driver gave it. Whatever is thrown later is its consequence. */
  failure: unknown;
  readonly committed: (() => void)[] = [];

  constructor(connection: Connection, role: string) {
    this.#connection = connection;
    this.#role = role;
  }

  afterCommit(work: () => void): void {
    this.committed.push(work);
  }

  query<R>(sql: string, values: readonly unknown[] = []): Promise<QueryResult<R>> {
    return this.#inLine(async () => {
      if (this.#asLogin) await this.#takeRole(this.#role);
      return this.#run<R>(sql, values);
    });
  }

  /** The transaction's own role is taken back when it is next needed. */
  queryAsLogin<R>(sql: string, values: readonly unknown[] = []): Promise<QueryResult<R>> {
    return this.#inLine(async () => {
      if (!this.#asLogin) await this.#takeRole(loginRole);
      return this.#run<R>(sql, values);
    });
  }

  async #takeRole(role: string): Promise<void> {
    if (role === loginRole && this.#role === loginRole) return;
    await this.#run("SELECT set_config('role', $1, true)", [role]);
    this.#asLogin = role === loginRole;
  }

  async #run<R>(sql: string, values: readonly unknown[] = []): Promise<QueryResult<R>> {
    const statement = extended(sql, values);
    if (this.#over) throw internalError(new Error('a query came after its transaction was over'));
    const { rows, rowCount } = await this.#send(statement);
    if (!this.#connection.inTransaction) throw this.#endedByWork();
    return { rows: rows as R[], rowCount: rowCount ?? 0 };
  }

  async open(statements: string): Promise<void> {
    await this.#inLine(() => this.#send(statements));
  }

  async commit(): Promise<void> {
    this.#over = true;
    // In line, because a query that was not awaited may still be running.
    const command = await this.#inLine(async () => {
      // What is put off until the commit, such as a trigger, has the transaction's own role. In the same round trip.
      if (this.#asLogin) return this.#send(`SET LOCAL ROLE ${this.#role}; COMMIT`);
      return this.#send('COMMIT');
    }).then(lastCommand, () => 'ROLLBACK');
    // Postgres answers COMMIT with ROLLBACK, and no error, when work swallowed a failure.
    if (command !== 'COMMIT') throw toAppError(this.failure);
  }

  async abandon(): Promise<void> {
    this.#over = true;
    await this.#inLine(() => this.#connection.rollBack());
  }

  async #send(statement: string | QueryConfig) {
    try {
      return await this.#connection.send(statement);
    } catch (error) {
      this.failure ??= error;
      throw toAppError(error);
    }
  }

  #inLine<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #endedByWork(): Error {
    const error = internalError(new Error('work ended its own transaction'));
    this.#connection.condemn(error);
    return error;
  }
}
