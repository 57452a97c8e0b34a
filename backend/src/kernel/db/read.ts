import { internalError, isRetryable, toAppError } from '../errors/index.ts';
import type { Connection } from './connection.ts';
import type { ReadOpening } from './opening.ts';
import { PipelinedRead } from './pipelined-read.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import type { Stop } from './stop.ts';
import { extended, type Outcome } from './transaction.ts';
import type { QueryResult } from './types.ts';

/** A statement that ends or begins a transaction is no read, and would leave the connection to the next in another state. */
const transactionCommands: ReadonlySet<string> = new Set([
  'BEGIN',
  'COMMIT',
  'PREPARE',
  'ROLLBACK',
  'START',
]);

/** One attempt of one read, on a connection of its own, which is given back at the end. */
export async function attemptRead<R>(
  connection: Connection,
  opening: ReadOpening,
  sql: string,
  values: readonly unknown[],
  stop: Stop,
  prepared: PreparedStatements,
): Promise<Outcome<QueryResult<R>>> {
  const name = prepared.nameOf(sql);
  const statement = { ...extended(sql, values), ...(name === undefined ? {} : { name }) };
  const answer = connection.read(new PipelinedRead(opening, statement, prepared));
  try {
    const { rows, rowCount, command } = await Promise.race([answer, stop.promise]);
    if (connection.inTransaction || transactionCommands.has(command))
      throw internalError(new Error('a read must not begin or end a transaction'));
    connection.giveBack();
    return { kind: 'committed', value: { rows: rows as R[], rowCount: rowCount ?? 0 }, then: [] };
  } catch (error) {
    const over = answer
      .catch(() => undefined)
      .then(async () => {
        if (connection.inTransaction) await connection.rollBack();
        else connection.giveBack();
      });
    if (stop.stopped) return { kind: 'failed', error, again: 'no' };
    await over;
    const failure = toAppError(error);
    // A read has changed nothing, whatever became of it.
    if (connection.lost || prepared.recoversFrom(error))
      return { kind: 'failed', error: failure, again: 'now' };
    return { kind: 'failed', error: failure, again: isRetryable(error) ? 'later' : 'no' };
  }
}
