import { integer, setting } from '../../kernel/config/index.ts';
import { defineJob, handleJob, type JobHandler } from '../../kernel/jobs/index.ts';
import type { Logger } from '../../kernel/logging/index.ts';
import { shape } from '../../kernel/schema/index.ts';
import type { RetentionRepository } from './retention-repository.ts';

export const retentionKeys = {
  // No less than until the stores themselves have forgotten: Google does after 60 days.
  BILLING_RETENTION_DAYS: setting(integer(90, 3_650, ' of days'), {
    doc: 'How long finished reconciliations, closed entries of the drift ledger, and purchase tokens of Google that nothing needs any more are kept.',
    default: '400',
  }),
};

/** Deletes what is past its time. Purchases and their history are never. */
export const sweep = defineJob({
  name: 'billing.sweep',
  payload: shape({}),
  schedule: { cron: '47 4 * * *', missed: 'once', payload: {} },
  timeoutSeconds: 900,
});

export const retentionJob = (
  repository: RetentionRepository,
  days: number,
  logger: Logger,
): JobHandler =>
  handleJob(sweep, async ({ signal }) => {
    const deleted = await repository.deletePast(days, signal);
    if (Object.values(deleted).some((count) => count > 0))
      logger.info({ days, ...deleted }, 'What billing kept past its time was deleted');
  });
