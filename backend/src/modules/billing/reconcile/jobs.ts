import { handleJob, type JobHandler } from '../../../kernel/jobs/index.ts';
import { reconcile, reconcileAll } from './job-kinds.ts';
import type { ReconcileRun } from './run.ts';
import type { ReconcileService } from './service.ts';

export const reconcileJobs = (
  run: ReconcileRun,
  service: ReconcileService,
  cron: string | undefined,
): JobHandler[] => [
  handleJob(reconcile, ({ payload, signal, commit }) =>
    run({ runId: payload.runId, signal, commit }),
  ),
  ...(cron === undefined
    ? []
    : [
        handleJob(reconcileAll(cron), () =>
          service.start(undefined, { startedBy: 'schedule', requestedBy: null }),
        ),
      ]),
];
