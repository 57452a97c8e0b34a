import { handleJob, type JobHandler, JobPostponed } from '../../kernel/jobs/index.ts';
import { syncJobs } from './job-kinds.ts';
import type { SyncRun } from './sync-run.ts';

export function catalogJobs(run: SyncRun): JobHandler[] {
  return Object.values(syncJobs).map((job) =>
    handleJob(job, async ({ payload, isLastAttempt, signal, commit }) => {
      const goesOnAt = await run({ syncId: payload.syncId, isLastAttempt, signal, commit });
      if (goesOnAt)
        throw new JobPostponed(
          (goesOnAt.getTime() - Date.now()) / 1000,
          'The provider wants patience',
        );
    }),
  );
}
