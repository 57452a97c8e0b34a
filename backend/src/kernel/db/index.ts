export { createDatabase } from './create-database.ts';
export { observeDatabase } from './observed-database.ts';
export { createExecutor } from './executor.ts';
export type { Executor } from './executor.ts';
export type {
  Database,
  PoolState,
  QueryResult,
  ReadOptions,
  RowIdentity,
  Transaction,
  TransactionOptions,
  Work,
} from './types.ts';
export { createNotifications } from './notifications.ts';
export type { Notifications } from './notifications.ts';
export { exportMigrations } from './export-migrations.ts';
export { MigrationDriftError, migrationStatus, runMigrations } from './migrate.ts';
export type { MigrationStatus } from './migrate.ts';
export type { Migration, MigrationSource } from './migration-files.ts';
export { keepListening } from './keep-listening.ts';
export type { Listening } from './keep-listening.ts';
