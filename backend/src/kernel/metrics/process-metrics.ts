import { collectDefaultMetrics } from 'prom-client';
import type { Metrics } from './metrics.ts';

/** They list every open handle at each scrape, which a process with thousands of connections would feel. */
const tooDear = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
];

/** Memory, CPU, garbage collection, event loop and build of this process. Once a process: what it measures with stays. */
export function measureProcess(metrics: Metrics, { version }: { version: string }): void {
  collectDefaultMetrics({ register: metrics.registry });
  for (const name of tooDear) metrics.registry.removeSingleMetric(name);

  let before = performance.eventLoopUtilization();
  metrics.gauge(
    'bulwark_event_loop_utilization_ratio',
    'Share of the time since the last scrape in which the event loop was busy.',
    () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
  );
  metrics.gauge(
    'bulwark_build_info',
    'Always 1; its labels say what runs.',
    () => [{ labels: { version, node: process.version }, value: 1 }],
    ['version', 'node'],
  );
}
