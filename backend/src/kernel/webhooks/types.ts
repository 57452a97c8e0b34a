import type { Transaction } from '../db/index.ts';

/** What a provider sent, untouched. */
export interface WebhookRequest {
  body: Buffer;
  /** Names are lower case. */
  headers: Readonly<Record<string, string | undefined>>;
}

/** What its signature vouches for. */
export interface VerifiedEvent {
  /** Unique within the provider: the same id is the same event. */
  id: string;
  type: string;
  /** When it happened, by the provider; null where it does not say. */
  occurredAt: Date | null;
  /** What is kept of it: as little as the handler needs. It is scrubbed before it is stored. */
  kept: unknown;
}

/** A stored event on its way to its handler. */
export interface WebhookInput {
  event: VerifiedEvent & { provider: string; receivedAt: Date };
  /** 1 for the first. */
  attempt: number;
  signal: AbortSignal;
  /**
   * Does `work` as `service_role`, marks the event processed and completes its job, in one transaction: all of it once, whatever
   * becomes of the process. A handler that never calls it has nothing to change.
   */
  commit<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** One provider's webhook: a door below `/api/v1/webhooks/`, and what is done about what comes in. */
export interface Webhook {
  /** `stripe`: the address, the queue and the label in metrics. */
  provider: string;
  summary: string;
  /**
   * Says what was sent, or throws `signatureRefused`. Anything else that it throws is our own trouble: the sender is asked to
   * come again. It must not trust a byte before the signature is checked.
   */
  verify(request: WebhookRequest): VerifiedEvent | Promise<VerifiedEvent>;
  /**
   * By type. What has no handler is parked: kept, counted, and replayed once there is one. Events come in any order and more
   * than once in disguise, so a handler asks the provider for the present state and does not believe the event.
   */
  handlers: Readonly<Record<string, (input: WebhookInput) => Promise<unknown>>>;
  /** Attempts at one event in all. Default 12: with the delays doubling, the last one comes a good five hours after the first. */
  attempts?: number;
  /** Before the first retry, in seconds; doubled for each one after it, up to an hour. Default 10. */
  retryDelaySeconds?: number;
}

export const webhookStates = ['received', 'processed', 'failed', 'parked'] as const;
/** `received` waits or is tried again · `processed` · `failed` at its last attempt · `parked`: nobody handles its type. */
export type WebhookState = (typeof webhookStates)[number];

export interface WebhookRecord {
  id: string;
  provider: string;
  eventId: string;
  type: string;
  state: WebhookState;
  occurredAt: Date | null;
  receivedAt: Date;
  processedAt: Date | null;
  attempts: number;
  /** How often it came again, and how often it was replayed by hand. */
  duplicates: number;
  replays: number;
  /** Of the last failed attempt, scrubbed. */
  error: string | null;
  requestId: string;
  kept: unknown;
}

export interface WebhookFilter {
  provider?: string;
  state?: WebhookState;
  /** The whole of it, or its beginning before a `*`. */
  type?: string;
  /** Part of its id with the provider, its type, its error, its request id or what is kept; letter case is ignored. */
  search?: string;
  /** 1 to 500. */
  limit: number;
  /** `next` of the page before. */
  cursor?: string;
}

/** Those of a provider that came in a time, both ends included. */
export interface WebhookRange {
  provider: string;
  from: Date;
  to: Date;
  state?: WebhookState;
}

/** The inbox as operators see it. */
export interface WebhooksAdmin {
  /** Newest first. */
  list(filter: WebhookFilter): Promise<{ events: WebhookRecord[]; next: string | null }>;
  get(id: string): Promise<WebhookRecord | undefined>;
  /** Whose webhooks this server takes. */
  providers(): readonly string[];
  /** How many a replay of the range takes up, over all of its calls. */
  inRange(range: WebhookRange): Promise<number>;
  /** How many there are, by provider and state; a few seconds old at most. */
  counts(): Promise<{ provider: string; state: WebhookState; count: number }[]>;
  /**
   * Back to their handlers, whatever became of them before: the oldest 1,000, and with the `next` of the call before as
   * `cursor` those behind them. It is null where there is nothing behind.
   */
  replay(
    which: { ids: readonly string[] } | (WebhookRange & { cursor?: string }),
  ): Promise<{ count: number; next: string | null }>;
}
