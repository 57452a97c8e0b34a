import type { PoolClient, QueryConfig, QueryResult, Submittable } from 'pg';
import { AppError } from '../errors/index.ts';
import type { PipelinedRead } from './pipelined-read.ts';

/**
 * A connection taken from the pool. It goes back only after a clean end; one whose state is unknown, because it broke or did
 * not answer in time, is destroyed.
 */
export class Connection {
  readonly #client: PoolClient;
  readonly #answerWithinMs: number;
  #fault: AppError | undefined;
  #returned = false;

  /** `answerWithinMs` lies above the server's own limits: it is for a peer that is no longer there. */
  constructor(client: PoolClient, answerWithinMs: number) {
    this.#client = client;
    this.#answerWithinMs = answerWithinMs;
    client.on('error', this.#onError);
  }

  /** Whether the connection is gone, rather than slow. */
  get lost(): boolean {
    return this.#fault?.code === 'DATABASE_UNAVAILABLE';
  }

  get inTransaction(): boolean {
    return this.#client.getTransactionStatus() !== 'I';
  }

  send(query: string | QueryConfig): Promise<QueryResult> {
    return this.#ask(() => this.#client.query(query));
  }

  read(read: PipelinedRead): Promise<QueryResult> {
    return this.#ask(() => {
      this.#client.query(read as unknown as Submittable);
      return read.answer;
    });
  }

  async #ask(question: () => Promise<QueryResult>): Promise<QueryResult> {
    this.#throwFault();
    const { promise: silence, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.condemn(new AppError('DATABASE_TIMEOUT', { cause: new Error('no answer') }));
      reject(new Error('no answer'));
    }, this.#answerWithinMs);
    try {
      return await Promise.race([question(), silence]);
    } catch (error) {
      this.#throwFault();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Marks the connection as unfit for anyone else. */
  condemn(fault: AppError): void {
    this.#fault ??= fault;
  }

  /** Undoes what is open and gives the connection back. */
  async rollBack(): Promise<void> {
    try {
      await this.send('ROLLBACK');
    } catch (cause) {
      this.condemn(new AppError('DATABASE_UNAVAILABLE', { cause }));
    }
    this.giveBack();
  }

  giveBack(): void {
    if (this.#returned) return;
    this.#returned = true;
    this.#client.off('error', this.#onError);
    this.#client.release(this.#fault ?? false);
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  readonly #onError = (cause: Error): void => {
    this.condemn(new AppError('DATABASE_UNAVAILABLE', { cause }));
  };
}
