import { Pool } from 'pg';
import type { KernelConfig } from '../config/index.ts';
import type { Logger } from '../logging/index.ts';

/** Statements as the login role on connections of their own, for a library that opens its transactions itself. */
export interface Executor {
  /** One statement with values, or several without. Rejects with the driver's error. */
  execute(sql: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  close(): Promise<void>;
}

/** The client's own limit lies this far above the server's statement timeout. */
const answerMarginMs = 1_000;

/** Features use `Database`; this is for the kernel's queue. Connections are opened as they are needed. */
export function createExecutor(
  config: KernelConfig['database'],
  options: { logger: Logger; applicationName: string; connections: number },
): Executor {
  const pool = new Pool({
    connectionString: config.url.reveal(),
    application_name: options.applicationName,
    max: options.connections,
    connectionTimeoutMillis: config.acquireTimeoutMs,
    query_timeout: config.statementTimeoutMs + answerMarginMs,
    keepAlive: true,
  });
  pool.on('error', (error) => {
    options.logger.warn({ reason: error.message }, 'An idle database connection was lost');
  });
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
  });
  return {
    execute: (sql, values) => pool.query(sql, values),
    close: () => pool.end(),
  };
}
