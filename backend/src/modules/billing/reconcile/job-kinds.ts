import { defineJob, type Job } from '../../../kernel/jobs/index.ts';
import { shape, uuid } from '../../../kernel/schema/index.ts';

/** What is to be done stands in `billing.reconciliations`. */
export const reconcile = defineJob({
  name: 'billing.reconcile',
  payload: shape({ runId: uuid() }),
  attempts: 10,
  retryDelaySeconds: 5,
  timeoutSeconds: 900,
  // As many as there are providers.
  concurrency: 3,
});

/** Starts one run of each provider. */
export const reconcileAll = (cron: string): Job<object> =>
  defineJob({
    name: 'billing.reconcile-all',
    payload: shape({}),
    schedule: { cron, missed: 'once', payload: {} },
  });
