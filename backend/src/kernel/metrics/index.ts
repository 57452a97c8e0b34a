export { createMetrics } from './metrics.ts';
export type { CounterMetric, HistogramMetric, Metrics, Sample } from './metrics.ts';
export { createMetricsServer } from './metrics-server.ts';
export type { MetricsServer } from './metrics-server.ts';
export { measureProcess } from './process-metrics.ts';
