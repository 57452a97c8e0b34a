import { runMigrations } from '../backend/src/kernel/db/index.ts';
import { migrationSources } from '../backend/src/kernel/module/index.ts';
import { modules } from '../backend/src/modules.ts';

/** Brings the local database to the newest state of the code. */
export async function migrateLocal(databaseUrl: string): Promise<void> {
  await runMigrations(databaseUrl, migrationSources(modules), { info: () => undefined });
}
