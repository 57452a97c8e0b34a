export { createTracing } from './tracing.ts';
export type { Tracing } from './tracing.ts';
export type { SpanAttributes } from './types.ts';
export { createErrorReporter } from './create-error-reporter.ts';
export { silentReporter } from './error-reporter.ts';
export type { Circumstances, ErrorReporter, FinishedWork } from './error-reporter.ts';
export { observeReports } from './report-metrics.ts';
