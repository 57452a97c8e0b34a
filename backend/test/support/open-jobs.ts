import { Client } from 'pg';
import type { ClonedDatabase } from '../../local/postgres/templates.ts';
import { Secret } from '../../src/kernel/config/index.ts';
import { createDatabase, type Database } from '../../src/kernel/db/index.ts';
import { createJobs, type JobHandler, type JobsServer } from '../../src/kernel/jobs/index.ts';
import { createLogger } from '../../src/kernel/logging/index.ts';
import { createMetrics, type Metrics } from '../../src/kernel/metrics/index.ts';
import { createScrubber } from '../../src/kernel/privacy/index.ts';
import {
  createTracing,
  silentReporter,
  type Circumstances,
} from '../../src/kernel/telemetry/index.ts';
import { openTestDatabase } from './database.ts';

interface Report {
  error: unknown;
  about: Circumstances;
}

/** What one process has of the queue. */
export interface JobProcess {
  readonly server: JobsServer;
  readonly db: Database;
  readonly metrics: Metrics;
  readonly logLines: readonly Record<string, unknown>[];
  /** What was told to the error reporter. */
  readonly reports: readonly Report[];
  /** As at the end of a process; running jobs have `graceMs` to end. */
  close(graceMs?: number): Promise<void>;
}

export interface JobProcessOptions {
  work?: boolean;
  pollMs?: number;
  /** Where it listens, if not at the database itself. */
  listenUrl?: string;
}

/** A database of its own, and as many processes on it as the test starts: they are told apart by nothing but their memory. */
export interface TestQueue {
  readonly database: ClonedDatabase;
  readonly client: Client;
  start(handlers: readonly JobHandler[], options?: JobProcessOptions): Promise<JobProcess>;
  /** How many processes listen for jobs. */
  listeners(): Promise<number>;
  /** Ends the processes and empties the queue. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function openTestQueue(): Promise<TestQueue> {
  const database = await openTestDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const processes = new Set<JobProcess>();
  async function reset(): Promise<void> {
    await Promise.all([...processes].map((one) => one.close(0)));
    processes.clear();
    await client.query('delete from pgboss.job');
    await client.query('delete from bulwark.job_queues');
    await client.query('delete from bulwark.job_rates');
  }
  return {
    database,
    client,
    reset,
    async listeners() {
      const { rowCount } = await client.query(
        `select from pg_stat_activity
         where datname = current_database() and application_name = 'bulwark-jobs-listen'
           and (query like 'LISTEN%' or query like '%pg_listening_channels() LIMIT 1')`,
      );
      return rowCount ?? 0;
    },
    async start(handlers, options = {}) {
      const started = startProcess(database.url, options);
      processes.add(started);
      started.server.serve(handlers);
      await started.server.start({ work: options.work ?? false });
      return started;
    },
    async close() {
      await reset();
      await client.end();
      await database.drop();
    },
  };
}

function startProcess(
  url: string,
  { pollMs = 30_000, listenUrl = url }: JobProcessOptions,
): JobProcess {
  const databaseConfig = {
    url: new Secret(url),
    listenUrl: new Secret(listenUrl),
    prepareReads: true,
    poolMax: 8,
    acquireTimeoutMs: 5_000,
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 2_000,
  };
  const logLines: Record<string, unknown>[] = [];
  const logger = createLogger({
    level: 'debug',
    destination: { write: (line) => logLines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const reports: Report[] = [];
  const metrics = createMetrics();
  const db = createDatabase(databaseConfig, { logger, applicationName: 'bulwark-test' });
  const server = createJobs({
    config: { inline: true, pollMs },
    databaseConfig,
    database: db,
    logger,
    metrics,
    scrubber: createScrubber(),
    reporter: { ...silentReporter, report: (error, about) => reports.push({ error, about }) },
    tracing: createTracing(
      { kind: 'off' },
      { version: 'test', environment: 'test', logger, metrics, scrub: String },
    ),
  });
  let closed: Promise<void> | undefined;
  async function close(graceMs: number): Promise<void> {
    await server.finish(graceMs);
    await server.close();
    await db.close(500);
  }
  return {
    server,
    db,
    metrics,
    logLines,
    reports,
    close: (graceMs = 1_000) => (closed ??= close(graceMs)),
  };
}
