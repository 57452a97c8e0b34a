import type * as Config from '../../../backend/src/kernel/config/index.ts';
import type * as Db from '../../../backend/src/kernel/db/index.ts';
import type * as JobParts from '../../../backend/src/kernel/jobs/index.ts';
import type { JobHandler, JobsServer } from '../../../backend/src/kernel/jobs/index.ts';
import type * as Logging from '../../../backend/src/kernel/logging/index.ts';
import type * as MetricParts from '../../../backend/src/kernel/metrics/index.ts';
import type * as Privacy from '../../../backend/src/kernel/privacy/index.ts';
import type * as SchemaParts from '../../../backend/src/kernel/schema/index.ts';
import type * as Telemetry from '../../../backend/src/kernel/telemetry/index.ts';
import { load } from '../servers/load-built.ts';

const { Secret } = await load<typeof Config>('kernel/config/index');
const { createDatabase } = await load<typeof Db>('kernel/db/index');
export const { createJobs, defineJob, handleJob } =
  await load<typeof JobParts>('kernel/jobs/index');
const { createLogger } = await load<typeof Logging>('kernel/logging/index');
const { createMetrics } = await load<typeof MetricParts>('kernel/metrics/index');
const { createScrubber } = await load<typeof Privacy>('kernel/privacy/index');
export const { Joi, shape, text } = await load<typeof SchemaParts>('kernel/schema/index');
const { createTracing, silentReporter } = await load<typeof Telemetry>('kernel/telemetry/index');

export interface OpenedJobs {
  readonly server: JobsServer;
  readonly db: Db.Database;
  close(): Promise<void>;
}

export interface JobsPlace {
  databaseUrl: string;
  /** Where it listens; the database itself by default. */
  listenUrl?: string;
  pollMs?: number;
  /** Default `error`. */
  logLevel?: 'silent' | 'error' | 'info';
}

/** The built queue and nothing else of the server, so that a process of it starts at once and may be killed often. */
export async function openJobs(
  place: JobsPlace,
  work: boolean,
  handlersWith: (db: Db.Database) => readonly JobHandler[],
): Promise<OpenedJobs> {
  const { databaseUrl, listenUrl = databaseUrl, pollMs = 30_000, logLevel = 'error' } = place;
  const databaseConfig = {
    url: new Secret(databaseUrl),
    listenUrl: new Secret(listenUrl),
    prepareReads: true,
    poolMax: 8,
    acquireTimeoutMs: 10_000,
    statementTimeoutMs: 10_000,
    lockTimeoutMs: 5_000,
  };
  const logger = createLogger({ level: logLevel });
  const metrics = createMetrics();
  const scrubber = createScrubber();
  const db = createDatabase(databaseConfig, { logger, applicationName: 'bulwark-worker' });
  const server = createJobs({
    config: { inline: true, pollMs },
    databaseConfig,
    database: db,
    logger,
    metrics,
    scrubber,
    reporter: silentReporter,
    tracing: createTracing(
      { kind: 'off' },
      { version: 'prove', environment: 'test', logger, metrics, scrub: scrubber.text },
    ),
  });
  server.serve(handlersWith(db));
  await server.start({ work });
  return {
    server,
    db,
    async close() {
      await server.finish(1_000);
      await server.close();
      await db.close(1_000);
    },
  };
}
