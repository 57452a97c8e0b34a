import type { Logger } from '../../kernel/logging/index.ts';
import { defineJob, handleJob, type JobHandler, type Jobs } from '../../kernel/jobs/index.ts';
import { shape } from '../../kernel/schema/index.ts';
import { syncJobs } from './job-kinds.ts';
import type { SyncPlace, SyncRepository } from './sync-repository.ts';

/**
 * Marks as failed what is under way without a job: its last attempt was killed or took too long, or an operator discarded it.
 * A synchronisation and its job are stored in one transaction, so whoever is without one stays where it is.
 */
export const failAbandoned = defineJob({
  name: 'catalog.fail-abandoned',
  payload: shape({}),
  schedule: { cron: '* * * * *', payload: {} },
  attempts: 1,
  timeoutSeconds: 60,
});

export interface AbandonedOptions {
  syncs: SyncRepository;
  jobs: Pick<Jobs, 'openKeys'>;
  announce: (sync: SyncPlace) => void;
  logger: Logger;
}

export const abandonedJob = ({ syncs, jobs, announce, logger }: AbandonedOptions): JobHandler =>
  handleJob(failAbandoned, async () => {
    const underWay = await syncs.underWay();
    for (const [kind, job] of Object.entries(syncJobs)) {
      const ids = underWay.filter((sync) => sync.kind === kind).map(({ id }) => id);
      const open = await jobs.openKeys(job, ids);
      for (const id of ids.filter((each) => !open.has(each))) {
        const failed = await syncs.pause(id, { status: 'failed', errorCode: 'INTERNAL_ERROR' });
        if (!failed) continue;
        logger.error({ syncId: id }, 'a synchronisation ended without a word from its job');
        announce(failed);
      }
    }
  });
