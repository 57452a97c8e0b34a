import type { JobState, Moment } from './types.ts';

/** The inbox of webhooks, as the admin API answers. */
export const webhookStates = ['received', 'processed', 'failed', 'parked'] as const;
export type WebhookState = (typeof webhookStates)[number];

export interface Webhook {
  id: string;
  provider: string;
  /** The provider's own. */
  eventId: string;
  type: string;
  state: WebhookState;
  occurredAt: Moment | null;
  receivedAt: Moment;
  processedAt: Moment | null;
  attempts: number;
  /** How often it came again, and how often it was replayed. */
  duplicates: number;
  replays: number;
  error: string | null;
  requestId: string;
  kept: unknown;
}

export interface WebhookDetails {
  webhook: Webhook;
  job: { id: string; state: JobState } | null;
}

export interface WebhookFilter {
  state?: WebhookState | undefined;
  provider?: string | undefined;
  type?: string | undefined;
  search?: string | undefined;
}

export interface WebhookRange {
  provider: string;
  from: Moment;
  to: Moment;
  state?: WebhookState | undefined;
}

export interface WebhooksPage {
  /** Whose webhooks the server takes. */
  providers: string[];
  /** Of all that are kept. */
  counts: { provider: string; state: WebhookState; count: number }[];
  webhooks: Webhook[];
  next: string | null;
}
