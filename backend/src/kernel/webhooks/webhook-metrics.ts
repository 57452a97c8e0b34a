import type { Metrics } from '../metrics/index.ts';

export type WebhookMetrics = ReturnType<typeof createWebhookMetrics>;

/** Seconds. */
const delayBuckets = [0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3_600];

export function createWebhookMetrics(metrics: Metrics) {
  return {
    received: metrics.counter(
      'bulwark_webhooks_total',
      'Webhooks that came in: accepted, parked, duplicate, refused (not signed, compressed or too long), unavailable (our trouble).',
      ['provider', 'outcome'],
    ),
    handled: metrics.counter(
      'bulwark_webhook_attempts_total',
      'Attempts at handling a stored event, by how they ended.',
      ['provider', 'outcome'],
    ),
    delay: metrics.histogram(
      'bulwark_webhook_delay_seconds',
      'From the arrival of an event to its effect.',
      delayBuckets,
      ['provider'],
    ),
  };
}
