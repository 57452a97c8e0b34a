import type { Logger } from '../../../kernel/logging/index.ts';
import type { Metrics } from '../../../kernel/metrics/index.ts';
import type { ProviderName } from '../truth.ts';
import { type DriftKind, driftKinds } from './drift.ts';
import type { ProviderStanding, RunRepository } from './run-repository.ts';
import { type RunStatus, runStatuses } from './run-row.ts';

export type ReconcileMetrics = ReturnType<typeof createReconcileMetrics>;

const outcomes = ['same', 'corrected', 'found', 'unknown', 'failed'] as const;
/** All gauges of a scrape, and scrapes close to each other, read once. */
const readAtMostEveryMs = 10_000;

export function createReconcileMetrics(metrics: Metrics, providers: readonly ProviderName[]) {
  const runs = metrics.counter(
    'bulwark_billing_reconcile_runs_total',
    'Reconciliations of a provider that have ended: completed, incomplete (more than one in a hundred could not be looked at) or failed.',
    ['provider', 'outcome'],
  );
  const looks = metrics.counter(
    'bulwark_billing_reconciled_total',
    'Purchases compared with their provider: same, corrected, found (unknown to us), unknown (to the provider) or failed (left as they are).',
    ['provider', 'outcome'],
  );
  const drift = metrics.counter(
    'bulwark_billing_drift_total',
    'Entries of the drift ledger: what was wrong with purchases.',
    ['provider', 'kind'],
  );
  // From zero on, so that the first ones are seen as an increase.
  for (const provider of providers) {
    for (const outcome of runStatuses)
      if (outcome !== 'running') runs.series({ provider, outcome });
    for (const outcome of outcomes) looks.series({ provider, outcome });
    for (const kind of driftKinds) drift.series({ provider, kind });
  }
  return {
    ended(provider: ProviderName, outcome: RunStatus): void {
      runs.add({ provider, outcome });
    },
    looked(provider: ProviderName, outcome: (typeof outcomes)[number]): void {
      looks.add({ provider, outcome });
    },
    drift(provider: ProviderName, kind: DriftKind): void {
      drift.add({ provider, kind });
    },
  };
}

/** How the providers stand, from the database: every process tells the same. Nothing is told where it cannot be read. */
export function measureStanding(
  metrics: Metrics,
  options: {
    runs: Pick<RunRepository, 'standing'>;
    providers: readonly ProviderName[];
    isOpen: () => boolean;
    logger: Logger;
  },
): void {
  const { runs, providers, isOpen, logger } = options;
  let readAt = -Infinity;
  let reading: Promise<readonly ProviderStanding[]> = Promise.resolve([]);
  function read(): Promise<readonly ProviderStanding[]> {
    if (!isOpen() || providers.length === 0) return Promise.resolve([]);
    if (performance.now() - readAt > readAtMostEveryMs) {
      readAt = performance.now();
      reading = runs.standing(providers).catch((error: unknown) => {
        logger.warn({ err: error }, 'How reconciliation stands could not be measured');
        return [];
      });
    }
    return reading;
  }

  metrics.gauge(
    'bulwark_billing_reconcile_age_seconds',
    'How long ago the last complete reconciliation of the provider began; without one, how old the oldest purchase is.',
    async () =>
      (await read()).map(({ provider, ageSeconds }) => ({
        labels: { provider },
        value: ageSeconds,
      })),
    ['provider'],
  );
  metrics.gauge(
    'bulwark_billing_reconcile_last_run',
    'What the last complete reconciliation of the provider counted: purchases checked, drifted, and unknown to it.',
    async () =>
      (await read()).flatMap(({ provider, checked, corrected, found, unknown }) => [
        { labels: { provider, count: 'checked' }, value: checked },
        { labels: { provider, count: 'drifted' }, value: corrected + found },
        { labels: { provider, count: 'unknown' }, value: unknown },
      ]),
    ['provider', 'count'],
  );
}
