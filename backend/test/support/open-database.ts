import type { KernelConfig } from '../../src/kernel/config/index.ts';
import { Secret } from '../../src/kernel/config/index.ts';
import { createDatabase, type Database } from '../../src/kernel/db/index.ts';
import { createLogger } from '../../src/kernel/logging/index.ts';

export type DatabaseLimits = Omit<KernelConfig['database'], 'url' | 'listenUrl'>;

const limits: DatabaseLimits = {
  prepareReads: true,
  poolMax: 4,
  acquireTimeoutMs: 2_000,
  statementTimeoutMs: 2_000,
  lockTimeoutMs: 1_000,
};

/** The real pool, with short limits. */
export function openDatabase(
  url: string,
  changed: Partial<DatabaseLimits> = {},
  logger = createLogger({ level: 'silent' }),
): Database {
  const config = { ...limits, ...changed, url: new Secret(url) };
  return createDatabase(config, { logger, applicationName: 'bulwark-test' });
}

/** A pool for one test, closed behind it. */
export async function withDatabase(
  url: string,
  changed: Partial<DatabaseLimits>,
  use: (own: Database) => Promise<void>,
): Promise<void> {
  const own = openDatabase(url, changed);
  try {
    await use(own);
  } finally {
    await own.close(500);
  }
}
