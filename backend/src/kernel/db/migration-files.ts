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
  /** SHA-256 of the file. */
  checksum: string;
}

const fileName = /^\d{14}_[a-z0-9_]+\.sql$/;

/** All files of all owners in time order. Rejects on a name that has no place in that order. */
export async function readMigrations(sources: readonly MigrationSource[]): Promise<Migration[]> {
  const migrations = (await Promise.all(sources.map(readSource))).flat();
  return migrations.sort(
    (one, other) => compare(one.name, other.name) || compare(one.owner, other.owner),
  );
}

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
      const sql = await readFile(new URL(name, directory), 'utf8');
      return { owner, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
