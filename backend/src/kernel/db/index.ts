export { createDatabase } from './create-database.ts';
export type {
  Database,
  PoolState,
  QueryResult,
  RowIdentity,
  Transaction,
  TransactionOptions,
  Work,
} from './types.ts';
