import type { KernelConfig } from '../config/index.ts';
import type { Database } from '../db/index.ts';
import type { Job, Jobs } from '../jobs/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import { type Infer, shape, uuid } from '../schema/index.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface WebhookServices {
  db: Database;
  jobs: Jobs;
  logger: Logger;
  metrics: Metrics;
  scrubber: Scrubber;
}

/** What a door and a handler need. */
export type InboxServices = Omit<WebhookServices, 'metrics'> & {
  config: KernelConfig['webhooks'];
  metrics: WebhookMetrics;
};

/** The job of one stored event. */
export const eventPayload = shape({ id: uuid() });
export type EventJob = Job<Infer<typeof eventPayload>>;
