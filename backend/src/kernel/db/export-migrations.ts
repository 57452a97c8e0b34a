import { mkdir, writeFile } from 'node:fs/promises';
import { readMigrations, type MigrationSource } from './migration-files.ts';

/**
 * Copies all files into one folder, as the Supabase CLI reads them, each with its owner in its name; returns the names in
 * order. Other files there are left alone.
 */
export async function exportMigrations(
  sources: readonly MigrationSource[],
  toDirectory: URL,
): Promise<string[]> {
  const migrations = await readMigrations(sources);
  await mkdir(toDirectory, { recursive: true });
  return Promise.all(
    migrations.map(async ({ owner, name, sql }) => {
      const exported = name.replace('_', `_${owner}_`);
      await writeFile(new URL(exported, toDirectory), sql);
      return exported;
    }),
  );
}
