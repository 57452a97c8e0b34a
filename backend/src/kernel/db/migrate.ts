import { Client } from 'pg';
import type { Logger } from '../logging/index.ts';
import { readMigrations, type Migration, type MigrationSource } from './migration-files.ts';

export interface MigrationStatus {
  owner: string;
  name: string;
  state: 'applied' | 'pending';
}

/** A file was changed after it was applied: the database no longer is what the files say. */
export class MigrationDriftError extends Error {
  override readonly name = 'MigrationDriftError';
}

/** Any number that no other program on the same database locks: "bulw" in ASCII. */
const lock = 0x62756c77;

const ledger = `
  create schema if not exists bulwark;
  create table if not exists bulwark.migrations (
    owner text not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    primary key (owner, name)
  )`;

/**
 * Applies what is new, in time order over all owners, each file in a transaction of its own; returns it. Two starts at
 * once wait for each other. The ledger keeps the rows of a removed module and does not look at them.
 * Rejects with MigrationDriftError, or with the database's error: then the files before it stay applied.
 */
export async function runMigrations(
  databaseUrl: string,
  sources: readonly MigrationSource[],
  logger: Pick<Logger, 'info'>,
): Promise<Migration[]> {
  const migrations = await readMigrations(sources);
  return withLedger(databaseUrl, async (client, applied) => {
    const pending = pendingOf(migrations, applied);
    for (const migration of pending) {
      await apply(client, migration);
      logger.info({ owner: migration.owner, migration: migration.name }, 'migration applied');
    }
    return pending;
  });
}

/** What `runMigrations` would do. */
export async function migrationStatus(
  databaseUrl: string,
  sources: readonly MigrationSource[],
): Promise<MigrationStatus[]> {
  const migrations = await readMigrations(sources);
  return withLedger(databaseUrl, (_client, applied) => {
    const pending = new Set(pendingOf(migrations, applied));
    return Promise.resolve(
      migrations.map((migration) => ({
        owner: migration.owner,
        name: migration.name,
        state: pending.has(migration) ? ('pending' as const) : ('applied' as const),
      })),
    );
  });
}

async function withLedger<T>(
  databaseUrl: string,
  work: (client: Client, applied: ReadonlyMap<string, string>) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'bulwark-migrate',
  });
  await client.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [lock]);
    await client.query(ledger);
    await client.query('commit');
    await client.query('select pg_advisory_lock($1)', [lock]);
    const { rows } = await client.query<{ key: string; checksum: string }>(
      `select owner || '/' || name as key, checksum from bulwark.migrations`,
    );
    return await work(client, new Map(rows.map(({ key, checksum }) => [key, checksum])));
  } finally {
    await client.end(); // frees the lock as well
  }
}

function pendingOf(
  migrations: readonly Migration[],
  applied: ReadonlyMap<string, string>,
): Migration[] {
  const drifted = migrations.filter((migration) => {
    const checksum = applied.get(`${migration.owner}/${migration.name}`);
    return checksum !== undefined && checksum !== migration.checksum;
  });
  if (drifted.length > 0) {
    const names = drifted.map(({ owner, name }) => `${owner}/${name}`).join(', ');
    throw new MigrationDriftError(
      `Changed after they were applied: ${names}. Restore them and write a new migration instead.`,
    );
  }
  return migrations.filter(({ owner, name }) => !applied.has(`${owner}/${name}`));
}

async function apply(client: Client, { owner, name, sql, checksum }: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query(
      'insert into bulwark.migrations (owner, name, checksum) values ($1, $2, $3)',
      [owner, name, checksum],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`The migration ${owner}/${name} failed and was rolled back.`, { cause: error });
  }
}
