export { signatureRefused } from './refusal.ts';
export { webhookStates } from './types.ts';
export type {
  VerifiedEvent,
  Webhook,
  WebhookFilter,
  WebhookInput,
  WebhookRange,
  WebhookRecord,
  WebhookRequest,
  WebhooksAdmin,
  WebhookState,
} from './types.ts';
export { createWebhooks } from './webhooks.ts';
export type { WebhooksServer } from './webhooks.ts';
