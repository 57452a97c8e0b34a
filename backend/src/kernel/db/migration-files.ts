import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** A folder of SQL files and whose they are: the kernel's, or a module's. */
export interface MigrationSource {
  owner: string;
  directory: URL;
}

export interface Migration {
  owner: string;
  /** `<timestamp>_<name>.sql` */
  name: string;
  sql: string;
  /** SHA-256 of the text; the same whether a checkout ends its lines with LF or CRLF. */
  checksum: string;
}

const fileName = /^\d{14}_[a-z0-9_]+\.sql$/;
const transactionControl =
  /^[ \t]*(begin|start[ \t]+transaction|commit|rollback)([ \t]+(work|transaction))?[ \t]*;/im;

/**
 * All files of all owners in time order. Rejects where the order is not certain (a name without a time, one time for two
 * files, for the Supabase CLI takes it as the key) and where a file would end the transaction that it is applied in.
 */
export async function readMigrations(sources: readonly MigrationSource[]): Promise<Migration[]> {
  const migrations = (await Promise.all(sources.map(readSource))).flat();
  migrations.sort((one, other) => (timeOf(one) < timeOf(other) ? -1 : 1));
  migrations.forEach((migration, index) => {
    const previous = migrations[index - 1];
    if (previous !== undefined && timeOf(previous) === timeOf(migration)) {
      throw new Error(
        `Two migrations have one time, so rename the newer: ${label(previous)} and ${label(migration)}`,
      );
    }
    if (transactionControl.test(migration.sql)) {
      throw new Error(
        `The migration ${label(migration)} begins or ends a transaction; it is run in one already`,
      );
    }
  });
  return migrations;
}

export const label = ({ owner, name }: { owner: string; name: string }): string =>
  `${owner}/${name}`;

async function readSource({ owner, directory }: MigrationSource): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql'));
  const misnamed = names.filter((name) => !fileName.test(name));
  if (misnamed.length > 0) {
    throw new Error(
      `Migrations of ${owner} must be named <YYYYMMDDhhmmss>_<name>.sql: ${misnamed.join(', ')}`,
    );
  }
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, directory), 'utf8');
      const sql = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
      return { owner, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

function timeOf({ name }: Migration): string {
  return name.slice(0, 14);
}
