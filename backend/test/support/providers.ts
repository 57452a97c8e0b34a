import { Secret } from '../../src/kernel/config/index.ts';
import { createBroadcast, type BroadcastServer } from '../../src/kernel/broadcast/index.ts';
import type { Database } from '../../src/kernel/db/index.ts';
import { createLogger } from '../../src/kernel/logging/index.ts';
import { createMetrics } from '../../src/kernel/metrics/index.ts';
import { createScrubber } from '../../src/kernel/privacy/index.ts';
import { createProviders, type ProvidersServer } from '../../src/kernel/resilience/index.ts';
import { createTracing } from '../../src/kernel/telemetry/index.ts';
import { openDatabase } from './open-database.ts';

export interface TestProviders {
  readonly providers: ProvidersServer;
  readonly broadcast: BroadcastServer;
  readonly logLines: readonly Record<string, unknown>[];
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number | undefined>;
  close(): Promise<void>;
}

export interface TestProvidersOptions {
  /** Where it listens; the database's own URL by default, undefined for nowhere. */
  listenUrl?: string | undefined;
  /** `debug` by default. */
  logLevel?: 'debug' | 'info';
  input?: Parameters<typeof createProviders>[0]['input'];
}

/** Providers as a process of their own would have them: own connections, own metrics, own log. */
export async function startProviders(
  databaseUrl: string,
  options: TestProvidersOptions = {},
): Promise<TestProviders> {
  const logLines: Record<string, unknown>[] = [];
  const logger = createLogger({
    level: options.logLevel ?? 'debug',
    destination: { write: (line) => logLines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const metrics = createMetrics();
  const scrubber = createScrubber();
  const db: Database = openDatabase(databaseUrl);
  const listenUrl = 'listenUrl' in options ? options.listenUrl : databaseUrl;
  const broadcast = createBroadcast({
    redis: undefined,
    listenUrl: listenUrl === undefined ? undefined : new Secret(listenUrl),
    logger,
    metrics,
  });
  const providers = createProviders({
    db,
    broadcast,
    logger,
    metrics,
    scrubber,
    tracing: createTracing(
      { kind: 'off' },
      { version: 'test', environment: 'test', logger, metrics, scrub: scrubber.text },
    ),
    version: 'test',
    ...(options.input && { input: options.input }),
  });
  await broadcast.start(AbortSignal.timeout(8_000));
  providers.start();
  return {
    providers,
    broadcast,
    logLines,
    async metric(name, labels = {}) {
      const found = await metrics.registry.getSingleMetric(name)?.get();
      return found?.values.find((sample) =>
        Object.entries(labels).every(
          ([label, value]) => (sample.labels as Record<string, unknown>)[label] === value,
        ),
      )?.value;
    },
    async close() {
      await providers.close();
      await broadcast.close();
      await db.close(500);
    },
  };
}
