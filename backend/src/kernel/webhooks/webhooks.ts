import type { KernelConfig } from '../config/index.ts';
import type { Route } from '../http/index.ts';
import { defineJob, handleJob, type JobHandler } from '../jobs/index.ts';
import { failAbandoned } from './abandoned.ts';
import { createWebhooksAdmin } from './admin.ts';
import { handleEvent } from './handle-event.ts';
import { sweep } from './inbox.ts';
import { webhookRoute } from './route.ts';
import {
  eventPayload,
  type EventJob,
  type InboxServices,
  type WebhookServices,
} from './services.ts';
import type { Webhook, WebhooksAdmin } from './types.ts';
import { createWebhookMetrics } from './webhook-metrics.ts';

export interface WebhooksServer {
  /** What the modules declare, as routes and jobs to be served; throws where a declaration is incomplete. */
  serve(webhooks: readonly Webhook[]): { routes: Route[]; jobs: JobHandler[] };
  readonly admin: WebhooksAdmin;
  close(): void;
}

const goodName = /^[a-z][a-z0-9-]{0,30}$/;
const sweepIntervalMs = 3_600_000;
const sweepWithinMs = 10_000;
const abandonedIntervalMs = 10_000;

/** A queue for each provider: one that is stuck holds up no other. */
const jobOf = ({ provider, attempts = 12, retryDelaySeconds = 10 }: Webhook): EventJob =>
  defineJob({
    name: `webhooks.${provider}`,
    payload: eventPayload,
    attempts,
    retryDelaySeconds,
    timeoutSeconds: 60,
    concurrency: 4,
  });

export function createWebhooks(
  config: KernelConfig['webhooks'],
  services: WebhookServices,
): WebhooksServer {
  const { db, logger } = services;
  const inbox: InboxServices = {
    ...services,
    config,
    metrics: createWebhookMetrics(services.metrics),
  };
  const jobOfProvider = new Map<string, EventJob>();

  const timer = setInterval(() => {
    sweep(db, config.retentionDays, sweepWithinMs).catch((error: unknown) => {
      logger.warn({ err: error }, 'Webhooks past their time cannot be swept');
    });
  }, sweepIntervalMs).unref();
  const abandonedTimer = setInterval(() => {
    for (const [provider, job] of jobOfProvider)
      failAbandoned(provider, job, inbox).catch((error: unknown) => {
        logger.warn({ err: error, provider }, 'Abandoned webhooks cannot be looked for');
      });
  }, abandonedIntervalMs).unref();

  return {
    serve(webhooks) {
      const faults = webhooks.flatMap(({ provider }, index) => [
        ...(goodName.test(provider) ? [] : [`webhook ${provider}: name it in lower case`]),
        ...(webhooks.findIndex((other) => other.provider === provider) === index
          ? []
          : [`webhook ${provider}: declared twice`]),
      ]);
      if (faults.length > 0)
        throw new Error(`Webhooks are not fully declared:\n${faults.join('\n')}`);
      const declared = webhooks.map((webhook) => ({ webhook, job: jobOf(webhook) }));
      for (const { webhook, job } of declared) jobOfProvider.set(webhook.provider, job);
      return {
        routes: declared.map(({ webhook, job }) => webhookRoute(webhook, job, inbox)),
        jobs: declared.map(({ webhook, job }) =>
          handleJob(job, (input) => handleEvent(webhook, input, inbox)),
        ),
      };
    },
    admin: createWebhooksAdmin(inbox, jobOfProvider),
    close() {
      clearInterval(timer);
      clearInterval(abandonedTimer);
    },
  };
}
