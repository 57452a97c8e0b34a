import type { Metrics } from '../metrics/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import type { ErrorReporter } from './error-reporter.ts';

/** What became of reports, and whether what stands before them and before the log fails. */
export function observeReports(
  metrics: Metrics,
  { scrubber, reporter }: { scrubber: Scrubber; reporter: ErrorReporter },
): void {
  metrics.tally(
    'bulwark_reports_total',
    'Errors and durations reported to Sentry, by outcome; all but sent are lost.',
    () =>
      Object.entries(reporter.counts()).map(([outcome, value]) => ({ labels: { outcome }, value })),
    ['outcome'],
  );
  metrics.tally(
    'bulwark_scrubber_faults_total',
    'Failures of the scrubber itself. What it could not scrub was not shown.',
    () => [{ labels: {}, value: scrubber.faults() }],
  );
}
