export type {
  Database,
  PoolState,
  QueryResult,
  RowIdentity,
  Transaction,
  TransactionOptions,
} from './types.ts';
