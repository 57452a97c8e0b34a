import { setTimeout as wait } from 'node:timers/promises';
import { Secret, type KernelConfig } from '../../src/kernel/config/index.ts';
import { createLogger, createLogTap, type Logger } from '../../src/kernel/logging/index.ts';
import { createLogStore } from '../../src/kernel/logstore/index.ts';
import { createMetrics } from '../../src/kernel/metrics/index.ts';

type On = Extract<KernelConfig['logStore'], { kind: 'on' }>;

export interface TestLogStore {
  logger: Logger;
  /** What went to standard output, parsed. */
  written: Record<string, unknown>[];
  count(outcome: 'stored' | 'left_out' | 'dropped'): Promise<number>;
  close(): Promise<void>;
}

/** A logger whose lines are stored in this database, as in a server. */
export function startLogStore(url: string, changed: Partial<On> = {}): TestLogStore {
  const written: Record<string, unknown>[] = [];
  const tap = createLogTap();
  const logger = createLogger({
    level: 'debug',
    tap,
    destination: { write: (line) => written.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const metrics = createMetrics();
  const store = createLogStore(
    { kind: 'on', level: 'info', linesPerSecond: 1_000, days: 7, maxRows: 1_000, ...changed },
    {
      tap,
      database: {
        url: new Secret(url),
        listenUrl: undefined,
        prepareReads: false,
        poolMax: 1,
        acquireTimeoutMs: 500,
        statementTimeoutMs: 1_000,
        lockTimeoutMs: 1_000,
      },
      logger,
      metrics,
    },
  );
  return {
    logger,
    written,
    async count(outcome) {
      const metric = await metrics.registry.getSingleMetric('bulwark_log_store_lines_total')?.get();
      return metric?.values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
    },
    close: () => store.close(5_000),
  };
}

/** Looks until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`It never came: ${String(isSo)}`);
    await wait(20);
  }
}
