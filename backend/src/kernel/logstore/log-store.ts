import type { KernelConfig } from '../config/index.ts';
import { createDatabase } from '../db/index.ts';
import type { Logger, LogTap } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { LogWriter } from './log-writer.ts';
import { startRetention } from './retention.ts';

export interface LogStore {
  /** Stores what was logged so far, as far as that goes in so many milliseconds, and ends the connection. Never rejects. */
  close(graceMs: number): Promise<void>;
}

/**
 * Stores what comes out of the tap, on a connection of its own: the requests must not wait for their own log lines. A line
 * stands there once, and where an answer of Postgres was lost perhaps twice.
 */
export function createLogStore(
  config: KernelConfig['logStore'],
  {
    tap,
    database,
    logger,
    metrics,
  }: { tap: LogTap; database: KernelConfig['database']; logger: Logger; metrics: Metrics },
): LogStore {
  if (config.kind === 'off') {
    tap.close();
    return { close: () => Promise.resolve() };
  }
  const db = createDatabase(
    { ...database, poolMax: 1 },
    { logger, applicationName: 'bulwark-logs' },
  );
  const writer = new LogWriter({ ...config, db, logger });
  tap.open((line) => {
    writer.take(line);
  });
  const stopRetention = startRetention(db, config, logger);

  metrics.tally(
    'bulwark_log_store_lines_total',
    'Log lines that were stored, left out for being too many, and dropped because the store did not take them.',
    () => [
      { labels: { outcome: 'stored' }, value: writer.stored },
      { labels: { outcome: 'left_out' }, value: writer.leftOut },
      { labels: { outcome: 'dropped' }, value: writer.dropped },
    ],
    ['outcome'],
  );
  metrics.gauge(
    'bulwark_log_store_waiting',
    'Log lines that wait in memory to be stored.',
    () => writer.waiting,
  );

  return {
    async close(graceMs) {
      tap.close();
      stopRetention();
      const giveUpAt = performance.now() + graceMs;
      await writer.close(graceMs);
      await db.close(Math.max(0, giveUpAt - performance.now()));
    },
  };
}
