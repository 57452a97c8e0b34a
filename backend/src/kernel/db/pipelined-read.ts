import { Query, type QueryConfig, type QueryResult } from 'pg';
import type { ReadOpening } from './opening.ts';

/** What the driver's connection and query have beyond their types. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(statement: { text: string }): void;
  bind(portal: { values: readonly string[] }): void;
  execute(portal: object): void;
}
interface DriverQuery {
  callback: (error: Error | null, result: QueryResult) => void;
  submit(wire: Wire): Error | null;
  handleCommandComplete(message: object, wire: Wire): void;
}
const BaseQuery = Query as unknown as new (config: QueryConfig) => DriverQuery;

/**
 * The settings of a transaction and one statement in a single message to the server: it works off what lies before a Sync as
 * one transaction, and at the first error skips the rest. So the statement never runs without its settings, and there is
 * nothing left to end or to undo. See "Pipelining" in Postgres' description of its protocol.
 */
export class PipelinedRead extends BaseQuery {
  readonly answer: Promise<QueryResult>;
  readonly #opening: ReadOpening;
  #opened = false;

  constructor(opening: ReadOpening, statement: QueryConfig) {
    super(statement);
    this.#opening = opening;
    const { promise, resolve, reject } = Promise.withResolvers<QueryResult>();
    this.answer = promise;
    this.callback = (error, result) => {
      if (error) reject(error);
      else resolve(result);
    };
  }

  override submit(wire: Wire): Error | null {
    wire.stream.cork();
    wire.parse({ text: this.#opening.text });
    wire.bind({ values: this.#opening.values });
    wire.execute({});
    const refused = super.submit(wire);
    wire.stream.uncork();
    return refused;
  }

  /** The first is the opening's, which has no rows. */
  override handleCommandComplete(message: object, wire: Wire): void {
    if (this.#opened) super.handleCommandComplete(message, wire);
    this.#opened = true;
  }
}
