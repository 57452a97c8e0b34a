import type { Database, Transaction } from '../db/index.ts';
import type { VerifiedEvent, WebhookState } from './types.ts';

/** A stored event, as its job reads it. */
export interface StoredEvent extends VerifiedEvent {
  provider: string;
  state: WebhookState;
  receivedAt: Date;
}

export type Received = { duplicate: true } | { duplicate: false; id: string };

const retryable = { isolation: 'read committed' } as const;

/**
 * Stores the event once, and in the same transaction does `andThen` for it, such as enqueueing its job. An event that is there
 * already is counted and nothing else happens: whoever stored it has committed, as the insert waits for them.
 */
export function receive(
  db: Database,
  provider: string,
  event: VerifiedEvent,
  given: { state: WebhookState; requestId: string },
  andThen: (tx: Transaction, id: string) => Promise<unknown>,
): Promise<Received> {
  return db.asLogin(async (tx) => {
    const { rows } = await tx.query<{ id: string; fresh: boolean }>(
      `insert into bulwark.webhook_events as stored
         (provider, event_id, type, state, kept, occurred_at, request_id)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (provider, event_id) do update set duplicates = stored.duplicates + 1
       returning id, duplicates = 0 as fresh`,
      [
        provider,
        event.id,
        event.type,
        given.state,
        JSON.stringify(event.kept),
        event.occurredAt,
        given.requestId,
      ],
    );
    const [row] = rows;
    if (row?.fresh !== true) return { duplicate: true };
    await andThen(tx, row.id);
    return { duplicate: false, id: row.id };
  }, retryable);
}

/** Undefined where it is past its retention. */
export async function find(db: Database, id: string): Promise<StoredEvent | undefined> {
  const { rows } = await db.asLogin((tx) =>
    tx.query<StoredEvent>(
      `select provider, event_id as id, type, state, kept,
              occurred_at as "occurredAt", received_at as "receivedAt"
       from bulwark.webhook_events where id = $1`,
      [id],
    ),
  );
  return rows[0];
}

/** Within the transaction of the event's effect, whose own role may not write here. */
export async function markProcessed(tx: Transaction, id: string): Promise<void> {
  await tx.queryAsLogin(
    `update bulwark.webhook_events
     set state = 'processed', processed_at = now(), attempts = attempts + 1, error = null
     where id = $1`,
    [id],
  );
}

export async function markFailed(
  db: Database,
  id: string,
  { state, error }: { state: WebhookState; error: string },
): Promise<void> {
  await db.asLogin((tx) =>
    tx.query(
      `update bulwark.webhook_events set state = $2, error = $3, attempts = attempts + 1
       where id = $1 and state <> 'processed'`,
      [id, state, error],
    ),
  );
}

/** Those that wait or are tried again, the oldest of them. */
export async function waiting(db: Database, provider: string, withinMs: number): Promise<string[]> {
  const { rows } = await db.statement<{ id: string }>(
    `select id from bulwark.webhook_events where provider = $1 and state = 'received'
     order by received_at limit 1000`,
    [provider],
    withinMs,
  );
  return rows.map(({ id }) => id);
}

/** Resolves with how many of them still waited. */
export async function markAbandoned(
  db: Database,
  ids: readonly string[],
  error: string,
): Promise<number> {
  const { rowCount } = await db.asLogin((tx) =>
    tx.query(
      `update bulwark.webhook_events set state = 'failed', error = $2
       where id = any($1) and state = 'received'`,
      [ids, error],
    ),
  );
  return rowCount;
}

/** Of one statement. */
const sweptAtOnce = 10_000;

/** Deletes what is processed or parked and past its time; resolves with how many. What failed stays. */
export async function sweep(db: Database, days: number, withinMs: number): Promise<number> {
  for (let swept = 0; ;) {
    const { rowCount } = await db.statement(
      `delete from bulwark.webhook_events where id in (
         select id from bulwark.webhook_events
         where state in ('processed', 'parked') and received_at < now() - make_interval(days => $1)
         limit ${sweptAtOnce} for update skip locked)`,
      [days],
      withinMs,
    );
    swept += rowCount;
    if (rowCount < sweptAtOnce) return swept;
  }
}
