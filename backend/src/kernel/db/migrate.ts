import { Client, DatabaseError } from 'pg';
import type { Logger } from '../logging/index.ts';
import { label, readMigrations, type Migration, type MigrationSource } from './migration-files.ts';
import { inLockedTransaction, prepareLedger, readLedger, type Ledger } from './migration-ledger.ts';

export interface MigrationStatus {
  owner: string;
  name: string;
  /** `missing`: applied, but its owner has no such file any more. */
  state: 'applied' | 'pending' | 'missing';
}

/** A file was changed after it was applied: the database no longer is what the files say. */
export class MigrationDriftError extends Error {
  override readonly name = 'MigrationDriftError';
}

const connectWithinMs = 10_000;

/**
 * Applies what is new, as the role of the URL, in time order over all owners, each file in a transaction of its own; returns
 * what it applied. A file that is older than applied ones, such as a new module's, is applied all the same. Two starts at
 * once share the work. Rows of removed modules stay in the ledger and are not looked at.
 * Rejects with MigrationDriftError before anything is applied, or with what a file failed with: then that file is
 * rolled back, and those before it stay.
 */
export async function runMigrations(
  databaseUrl: string,
  sources: readonly MigrationSource[],
  logger: Pick<Logger, 'info'>,
): Promise<Migration[]> {
  const migrations = await readMigrations(sources);
  return withClient(databaseUrl, async (client) => {
    await prepareLedger(client);
    const ledger = await readLedger(client);
    for (const { owner, name } of missing(migrations, sources, ledger)) {
      logger.info({ owner, migration: name }, 'An applied migration has no file any more');
    }
    const applied: Migration[] = [];
    for (const migration of pending(migrations, ledger)) {
      if (!(await apply(client, migration))) continue;
      logger.info({ owner: migration.owner, migration: migration.name }, 'Migration applied');
      applied.push(migration);
    }
    return applied;
  });
}

/** What `runMigrations` would find; changes nothing. Rejects with MigrationDriftError. */
export async function migrationStatus(
  databaseUrl: string,
  sources: readonly MigrationSource[],
): Promise<MigrationStatus[]> {
  const migrations = await readMigrations(sources);
  return withClient(databaseUrl, async (client) => {
    const ledger = await readLedger(client);
    const waiting = new Set(pending(migrations, ledger));
    return [
      ...migrations.map((migration) => ({
        owner: migration.owner,
        name: migration.name,
        state: waiting.has(migration) ? ('pending' as const) : ('applied' as const),
      })),
      ...missing(migrations, sources, ledger),
    ];
  });
}

function pending(migrations: readonly Migration[], ledger: Ledger): Migration[] {
  const drifted = migrations.filter((migration) => {
    const row = ledger.get(label(migration));
    return row !== undefined && row.checksum !== migration.checksum;
  });
  if (drifted.length > 0) {
    throw new MigrationDriftError(
      `Changed after they were applied: ${drifted.map(label).join(', ')}. Restore them and write a new migration instead.`,
    );
  }
  return migrations.filter((migration) => !ledger.has(label(migration)));
}

function missing(
  migrations: readonly Migration[],
  sources: readonly MigrationSource[],
  ledger: Ledger,
): MigrationStatus[] {
  const owners = new Set(sources.map(({ owner }) => owner));
  const files = new Set(migrations.map(label));
  return [...ledger.values()]
    .filter((row) => owners.has(row.owner) && !files.has(label(row)))
    .map(({ owner, name }) => ({ owner, name, state: 'missing' }));
}

/** Whether there was anything left to do: another start may have been first. */
async function apply(client: Client, migration: Migration): Promise<boolean> {
  const { owner, name, sql, checksum } = migration;
  return inLockedTransaction(client, async () => {
    const ledger = await readLedger(client);
    if (pending([migration], ledger).length === 0) return false;
    try {
      await client.query(sql);
    } catch (cause) {
      const place = lineOf(cause, sql);
      throw new Error(`The migration ${label(migration)} failed${place} and was rolled back`, {
        cause,
      });
    }
    if (client.getTransactionStatus() !== 'T') {
      throw new Error(`The migration ${label(migration)} ended the transaction it runs in`);
    }
    await client.query(
      'insert into bulwark.migrations (owner, name, checksum) values ($1, $2, $3)',
      [owner, name, checksum],
    );
    return true;
  });
}

function lineOf(error: unknown, sql: string): string {
  const position = error instanceof DatabaseError ? Number(error.position) : NaN;
  return position > 0 ? ` at line ${sql.slice(0, position).split('\n').length}` : '';
}

async function withClient<T>(
  databaseUrl: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'bulwark-migrate',
    connectionTimeoutMillis: connectWithinMs,
    keepAlive: true,
  });
  // A lost connection fails the query that runs; without a listener it would end the process as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
