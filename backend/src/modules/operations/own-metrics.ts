import type { Metrics } from '../../kernel/metrics/index.ts';
import { bounds } from './latency.ts';

/** Since the process has started, but for the last two. */
export interface Counts {
  requests: number;
  errors: number;
  latency: number[];
  sockets: number;
  jobsRunning: number;
}

interface Value {
  labels: Readonly<Record<string, string | number | undefined>>;
  value: number;
  metricName?: string;
}

/** What this process counts for its scraper, read at the source. A metric that is not there has no values. */
export async function valuesOf(metrics: Metrics, name: string): Promise<readonly Value[]> {
  const metric = await metrics.registry.getSingleMetric(name)?.get();
  return metric?.values ?? [];
}

const sum = (values: readonly Value[]): number =>
  values.reduce((total, { value }) => total + value, 0);

export async function readCounts(metrics: Metrics): Promise<Counts> {
  const [requests, durations, sockets, jobs] = await Promise.all([
    valuesOf(metrics, 'bulwark_http_requests_total'),
    valuesOf(metrics, 'bulwark_http_request_duration_seconds'),
    valuesOf(metrics, 'bulwark_sockets'),
    valuesOf(metrics, 'bulwark_jobs_running'),
  ]);
  return {
    requests: sum(requests),
    errors: sum(requests.filter(({ labels }) => Number(labels.status) >= 500)),
    latency: bucketsOf(durations),
    sockets: sum(sockets),
    jobsRunning: sum(jobs),
  };
}

/** Each bucket alone; Prometheus' hold the smaller ones too. */
function bucketsOf(values: readonly Value[]): number[] {
  const upTo = [...bounds.map((bound) => String(bound / 1_000)), '+Inf'].map((le) =>
    sum(
      values.filter(
        ({ labels, metricName }) =>
          metricName?.endsWith('_bucket') === true && String(labels.le) === le,
      ),
    ),
  );
  return upTo.map((count, index) => count - (upTo[index - 1] ?? 0));
}
