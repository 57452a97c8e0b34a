import type { QueryConfig } from 'pg';
import { internalError, isRetryable, toAppError } from '../errors/index.ts';
import type { Connection } from './connection.ts';
import type { Stop } from './stop.ts';
import type { QueryResult, Transaction, Work } from './types.ts';

export type Outcome<T> =
  | { kind: 'committed'; value: T }
  /** `again`: nothing was done, so it may be tried again, at once or after a pause. */
  | { kind: 'failed'; error: unknown; again: 'no' | 'now' | 'later' };

/** One attempt, on a connection of its own, which is given back at the end. */
export async function attempt<T>(
  connection: Connection,
  opening: string,
  work: Work<T>,
  stop: Stop,
): Promise<Outcome<T>> {
  const tx = new OpenTransaction(connection);
  let opened = false;
  try {
    await Promise.race([tx.open(opening), stop.promise]);
    opened = true;
    const value = await Promise.race([work(tx), stop.promise]);
    // From here on giving up is too late: nobody could tell whether the commit came through.
    await tx.commit();
    connection.giveBack();
    return { kind: 'committed', value };
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

class OpenTransaction implements Transaction {
  readonly #connection: Connection;
  #last: Promise<unknown> = Promise.resolve();
  #over = false;
  /** The first database error, as the driver gave it. Whatever is thrown later is its consequence. */
  failure: unknown;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  query<R>(sql: string, values: readonly unknown[] = []): Promise<QueryResult<R>> {
    return this.#inLine(() => this.#run<R>(sql, values));
  }

  queryAsLogin<R>(sql: string, values: readonly unknown[] = []): Promise<QueryResult<R>> {
    return this.#inLine(async () => {
      const { rows } = await this.#run<{ role: string }>("SELECT current_setting('role') AS role");
      await this.#run('SET LOCAL ROLE NONE');
      const result = await this.#run<R>(sql, values);
      // After a failure nothing runs in this transaction any more, so its role no longer matters.
      await this.#run("SELECT set_config('role', $1, true)", [rows[0]?.role]);
      return result;
    });
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
    const { command } = await this.#inLine(() => this.#send('COMMIT'));
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
