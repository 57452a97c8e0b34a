import type { KernelConfig } from '../config/index.ts';
import type { Database, RowIdentity, Transaction } from '../db/index.ts';
import { AppError } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';

const retryAfterSeconds = 1;
const largestAnswer = 1024 ** 2;
const sweepIntervalMs = 10 * 60_000;
const sweepWithinMs = 5_000;

/** A request whose repetitions are to have one effect. */
export interface KeyedRequest {
  userId: string;
  /** Method and route: `POST /api/v1/recipes`. */
  operation: string;
  key: string;
  fingerprint: Buffer;
}

/** What is kept and sent again. */
export interface Answer {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  /** Anything that JSON can write. */
  body?: unknown;
}

export interface Idempotency {
  /**
   * Runs `work` with the caller's rights, and commits what it did and what it answers in one transaction; a repetition is
   * answered with that, and `work` does not run. So a process may die at any point: either both are there or neither.
   * What `work` throws undoes everything, and the key is free again. As in every transaction, `work` may run again
   * after a deadlock and must have no effect outside of `tx`.
   * Rejects with IDEMPOTENCY_IN_FLIGHT and IDEMPOTENCY_KEY_REUSED besides what `work` and the database reject with.
   */
  once(
    caller: RowIdentity,
    request: KeyedRequest,
    work: (tx: Transaction) => Promise<Answer>,
  ): Promise<{ answer: Answer; replayed: boolean }>;
  /** The same for a request without a key: one transaction, and nothing is kept. */
  withoutKey(caller: RowIdentity, work: (tx: Transaction) => Promise<Answer>): Promise<Answer>;
  close(): void;
}

type Claim =
  | { claimed: false }
  | { claimed: true; fingerprint: null }
  | {
      claimed: true;
      fingerprint: Buffer;
      status: number;
      headers: Record<string, string>;
      body: string | null;
    };

export function createIdempotency(
  { retentionMs }: KernelConfig['idempotency'],
  { db, logger, metrics }: { db: Database; logger: Logger; metrics: Metrics },
): Idempotency {
  const outcomes = metrics.counter(
    'bulwark_idempotency_total',
    'Requests with an Idempotency-Key: done, answered again, refused for one under way or for another content.',
    ['outcome'],
  );
  const sweep = setInterval(() => {
    db.statement(
      `delete from bulwark.idempotency_keys where (user_id, operation, key) in (
         select user_id, operation, key from bulwark.idempotency_keys where expires_at < now()
         limit 10000 for update skip locked)`,
      [],
      sweepWithinMs,
    ).catch((error: unknown) => {
      logger.warn({ err: error }, 'Answers past their time cannot be swept');
    });
  }, sweepIntervalMs).unref();

  async function attempt(
    tx: Transaction,
    request: KeyedRequest,
    work: (tx: Transaction) => Promise<Answer>,
  ): Promise<{ answer: Answer; replayed: boolean }> {
    const { userId, operation, key, fingerprint } = request;
    const { rows } = await tx.queryAsLogin<Claim>(
      'select * from bulwark.claim_idempotency_key($1, $2, $3)',
      [userId, operation, key],
    );
    const [claim] = rows;
    if (claim?.claimed !== true) throw new AppError('IDEMPOTENCY_IN_FLIGHT', { retryAfterSeconds });
    if (claim.fingerprint !== null) {
      if (!claim.fingerprint.equals(fingerprint)) throw new AppError('IDEMPOTENCY_KEY_REUSED');
      const { status, headers, body } = claim;
      const sent = body === null ? {} : { body: JSON.parse(body) as unknown };
      return { answer: { status, headers, ...sent }, replayed: true };
    }
    const answer = await work(tx);
    await keep(tx, request, answer);
    return { answer, replayed: false };
  }

  async function keep(tx: Transaction, request: KeyedRequest, answer: Answer): Promise<void> {
    const { status = 200, headers = {}, body } = answer;
    const text = body === undefined ? null : JSON.stringify(body);
    if (text !== null && text.length > largestAnswer)
      throw new Error(`${request.operation} answers too much to be kept for repetitions`);
    await tx.queryAsLogin(
      `insert into bulwark.idempotency_keys as kept
         (user_id, operation, key, fingerprint, status, headers, body, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))
       -- A row that is there is past its time and not swept yet: the key was claimed, and nothing was found.
       on conflict (user_id, operation, key) do update set
         fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
         body = excluded.body, expires_at = excluded.expires_at`,
      [
        request.userId,
        request.operation,
        request.key,
        request.fingerprint,
        status,
        JSON.stringify(headers),
        text,
        retentionMs / 1000,
      ],
    );
  }

  return {
    async once(caller, request, work) {
      try {
        const result = await db.asCaller(caller, (tx) => attempt(tx, request, work));
        outcomes.add({ outcome: result.replayed ? 'replayed' : 'done' });
        return result;
      } catch (error) {
        outcomes.add({ outcome: outcomeOf(error) });
        throw error;
      }
    },
    withoutKey: (caller, work) => db.asCaller(caller, work),
    close() {
      clearInterval(sweep);
    },
  };
}

function outcomeOf(error: unknown): string {
  if (!AppError.is(error)) return 'failed';
  if (error.code === 'IDEMPOTENCY_IN_FLIGHT') return 'in_flight';
  return error.code === 'IDEMPOTENCY_KEY_REUSED' ? 'reused' : 'failed';
}
