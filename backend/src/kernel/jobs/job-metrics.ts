import type { Metrics } from '../metrics/index.ts';

export type JobMetrics = ReturnType<typeof createJobMetrics>;

/** Seconds. */
const durationBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300];
const delayBuckets = [0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 300];

/** The label is `kind`: Prometheus itself calls what it scrapes a `job`. */
export function createJobMetrics(metrics: Metrics, running: () => number) {
  metrics.gauge('bulwark_jobs_running', 'Jobs that this process is doing.', running);
  return {
    enqueued: metrics.counter('bulwark_jobs_enqueued_total', 'Jobs put into the queue.', ['kind']),
    finished: metrics.counter('bulwark_jobs_total', 'Attempts at jobs, by how they ended.', [
      'kind',
      'outcome',
    ]),
    duration: metrics.histogram(
      'bulwark_job_duration_seconds',
      'How long attempts at jobs took.',
      durationBuckets,
      ['kind'],
    ),
    startDelay: metrics.histogram(
      'bulwark_job_start_delay_seconds',
      'How long jobs that were due had to wait for a worker.',
      delayBuckets,
      ['kind'],
    ),
  };
}
