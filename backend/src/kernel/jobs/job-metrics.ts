import type { Metrics } from '../metrics/index.ts';

export type JobMetrics = ReturnType<typeof createJobMetrics>;

/** Seconds. */
const durationBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300];
const delayBuckets = [0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 300];

/** The label is `kind`: Prometheus itself calls what it scrapes a `job`. */
export function createJobMetrics(metrics: Metrics, running: () => number) {
  metrics.gauge('bulwark_jobs_running', 'Jobs that this process is doing.', running);
  const enqueued = metrics.counter('bulwark_jobs_enqueued_total', 'Jobs put into the queue.', [
    'kind',
  ]);
  const finished = metrics.counter('bulwark_jobs_total', 'Attempts at jobs, by how they ended.', [
    'kind',
    'outcome',
  ]);
  const duration = metrics.histogram(
    'bulwark_job_duration_seconds',
    'How long attempts at jobs took.',
    durationBuckets,
    ['kind'],
  );
  const startDelay = metrics.histogram(
    'bulwark_job_start_delay_seconds',
    'How long jobs that were due had to wait for a worker.',
    delayBuckets,
    ['kind'],
  );

  function seriesOf(kind: string) {
    const outcomes = new Map<string, ReturnType<typeof finished.series>>();
    return {
      duration: duration.series({ kind }),
      startDelay: startDelay.series({ kind }),
      finished(outcome: string) {
        const known = outcomes.get(outcome) ?? finished.series({ kind, outcome });
        outcomes.set(outcome, known);
        return known;
      },
    };
  }
  const kinds = new Map<string, ReturnType<typeof seriesOf>>();
  return {
    enqueued,
    finished,
    /** What is counted of a kind of job, kept, as jobs may be short. */
    of(kind: string) {
      const known = kinds.get(kind) ?? seriesOf(kind);
      kinds.set(kind, known);
      return known;
    },
  };
}
