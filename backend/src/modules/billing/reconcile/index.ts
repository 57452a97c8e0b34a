import type { Kernel, ModuleParts } from '../../../kernel/module/index.ts';
import { createAdminRepository } from '../admin-repository.ts';
import type { BillingProvider } from '../provider.ts';
import type { BillingService } from '../service.ts';
import { reconcileActions } from './actions.ts';
import { createDriftRepository } from './drift-repository.ts';
import { reconcile } from './job-kinds.ts';
import { reconcileJobs } from './jobs.ts';
import { createLooker } from './look.ts';
import { createReconcileMetrics, measureStanding } from './metrics.ts';
import { createPace } from './pace.ts';
import { reconcileRoutes } from './routes.ts';
import { createRun } from './run.ts';
import { createRunRepository } from './run-repository.ts';
import { createReconcileService } from './service.ts';
import { createSettle } from './settle.ts';
import type { ReconcileSettings } from './settings.ts';
import { createWorkRepository } from './work-repository.ts';

/** Comparing what is stored with whoever sells: on a schedule, and when an operator asks. */
export function createReconcile(
  { db, jobs, events, metrics, logger, audit }: Kernel,
  options: {
    settings: ReconcileSettings;
    billing: Pick<BillingService, 'record'>;
    providers: readonly BillingProvider[];
  },
): Required<Pick<ModuleParts, 'routes' | 'jobs' | 'adminActions'>> & {
  start: () => void;
  dispose: () => void;
} {
  const { settings, billing } = options;
  const names = options.providers.map(({ name }) => name);
  const providers = new Map(
    options.providers.map((provider) => [
      provider.name,
      { provider, pace: createPace(settings.perSecond) },
    ]),
  );
  const runs = createRunRepository(db);
  const ledger = createDriftRepository(db);
  const work = createWorkRepository(db);
  const counters = createReconcileMetrics(metrics, names);
  const looker = createLooker({ work });
  const settle = createSettle({ billing, ledger, metrics: counters, logger });
  const service = createReconcileService({
    runs,
    ledger,
    work,
    looker,
    settle,
    providers,
    events,
    people: createAdminRepository(db).people,
    enqueue: (runId, provider, tx) => jobs.enqueue(reconcile, { runId }, { tx, key: provider }),
  });
  const run = createRun({
    runs,
    work,
    looker,
    settle,
    providers,
    metrics: counters,
    events,
    logger,
  });
  let isOpen = false;
  measureStanding(metrics, {
    runs,
    // Without a schedule nothing is expected.
    providers: settings.cron === undefined ? [] : names,
    isOpen: () => isOpen,
    logger,
  });
  return {
    routes: reconcileRoutes(service, audit),
    jobs: names.length === 0 ? [] : reconcileJobs(run, service, settings.cron),
    adminActions: names.length === 0 ? [] : reconcileActions(service),
    start: () => {
      isOpen = true;
    },
    dispose: () => {
      isOpen = false;
    },
  };
}
