import { mkdir, writeFile } from 'node:fs/promises';
import { readMigrations, type MigrationSource } from './migration-files.ts';

/** Copies all files into one folder, as the Supabase CLI reads them; returns their names. Two owners' equal times are kept apart. */
export async function exportMigrations(
  sources: readonly MigrationSource[],
  toDirectory: URL,
): Promise<string[]> {
  const migrations = await readMigrations(sources);
  await mkdir(toDirectory, { recursive: true });
  const times = new Set<string>();
  return Promise.all(
    migrations.map(async ({ owner, name, sql }) => {
      const [, time = '', rest = ''] = /^(\d{14})_(.*)$/.exec(name) ?? [];
      const unique = nextFree(time, times);
      const exported = `${unique}_${owner}_${rest}`;
      await writeFile(new URL(exported, toDirectory), sql);
      return exported;
    }),
  );
}

/** The CLI takes the time as the key. */
function nextFree(time: string, taken: Set<string>): string {
  let candidate = BigInt(time);
  while (taken.has(String(candidate))) candidate += 1n;
  taken.add(String(candidate));
  return String(candidate);
}
