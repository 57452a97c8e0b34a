import { Query, type QueryConfig, type QueryResult } from 'pg';
import type { ReadOpening } from './opening.ts';
import type { PreparedStatements } from './prepared-statements.ts';

/** What the driver's connection and query have beyond their types. */
export interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  /** By name, what the driver takes for prepared on this connection. */
  readonly parsedStatements: Record<string, string>;
  readonly submittedNamedStatements: Record<string, string>;
  parse(statement: { text: string; name?: string }): void;
  close(statement: { type: 'S'; name: string }): void;
  bind(portal: { values: readonly string[]; statement?: string }): void;
  execute(portal: object): void;
}
interface DriverQuery {
  name?: string;
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
  readonly #prepared: PreparedStatements;
  #opened = false;

  constructor(opening: ReadOpening, statement: QueryConfig, prepared: PreparedStatements) {
    super(statement);
    this.#opening = opening;
    this.#prepared = prepared;
    const { promise, resolve, reject } = Promise.withResolvers<QueryResult>();
    this.answer = promise;
    this.callback = (error, result) => {
      if (error) reject(error);
      else resolve(result);
    };
  }

  override submit(wire: Wire): Error | null {
    const { text, values } = this.#opening;
    const name = this.#prepared.nameOf(text);
    const { name: ownName } = this;
    wire.stream.cork();
    if (name === undefined) {
      wire.parse({ text });
      wire.bind({ values });
    } else {
      if (!this.#prepared.isKept(wire, name)) {
        wire.close({ type: 'S', name });
        wire.parse({ text, name });
      }
      wire.bind({ values, statement: name });
    }
    wire.execute({});
    if (ownName !== undefined && !this.#prepared.isKept(wire, ownName)) {
      // Whether an earlier attempt got as far as to prepare it, nobody knows. To close what is not there is no fault.
      wire.close({ type: 'S', name: ownName });
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      delete wire.parsedStatements[ownName];
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      delete wire.submittedNamedStatements[ownName];
    }
    const refused = super.submit(wire);
    wire.stream.uncork();
    return refused;
  }

  /** The first is the opening's, which has no rows. */
  override handleCommandComplete(message: object, wire: Wire): void {
    if (this.#opened) {
      super.handleCommandComplete(message, wire);
      if (this.name !== undefined) this.#prepared.keep(wire, this.name);
    } else {
      const name = this.#prepared.nameOf(this.#opening.text);
      if (name !== undefined) this.#prepared.keep(wire, name);
    }
    this.#opened = true;
  }
}
