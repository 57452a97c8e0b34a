export { logLevels } from './types.ts';
export type { LogLevel, LogPage, LogQuery, LogRow, LogSearch } from './types.ts';
