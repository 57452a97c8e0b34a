import {
  ConfigError,
  configExitCode,
  formatFaults,
  loadProcessConfig,
} from '../kernel/config/index.ts';
import { exportMigrations, migrationStatus, runMigrations } from '../kernel/db/index.ts';
import { createLogger } from '../kernel/logging/index.ts';
import { migrationSources } from '../kernel/module/index.ts';
import { modules } from '../modules.ts';

/**
 * `migrate.js`: applies what is new. `migrate.js status`: lists the files. `migrate.js export`: copies them to
 * supabase/migrations for the Supabase CLI. Exit code 78: the configuration is refused; 1: a migration failed.
 */
const [command = 'up'] = process.argv.slice(2);
const sources = migrationSources(modules);

function databaseUrl(): string {
  try {
    return loadProcessConfig(modules).kernel.database.url.reveal();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(formatFaults(error.faults));
    process.exit(configExitCode);
  }
}

async function up(): Promise<void> {
  const applied = await runMigrations(databaseUrl(), sources, { info: () => undefined });
  for (const { owner, name } of applied) console.log(`applied ${owner}/${name}`);
  console.log(applied.length === 0 ? 'The database is up to date.' : `${applied.length} applied.`);
}

async function status(): Promise<void> {
  for (const { owner, name, state } of await migrationStatus(databaseUrl(), sources)) {
    console.log(`${state.padEnd(8)} ${owner}/${name}`);
  }
}

async function copy(): Promise<void> {
  const directory = new URL('../../../supabase/migrations/', import.meta.url);
  for (const name of await exportMigrations(sources, directory)) {
    console.log(`supabase/migrations/${name}`);
  }
}

const commands = new Map([
  ['up', up],
  ['status', status],
  ['export', copy],
]);
const run = commands.get(command);
if (!run) {
  console.error(`migrate: unknown command. Known: ${[...commands.keys()].join(', ')}`);
  process.exit(2);
}
await run().catch((error: unknown) => {
  createLogger({ level: 'error' }).error({ err: error }, 'Migration failed');
  process.exitCode = 1;
});
