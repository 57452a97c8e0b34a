export { createLogSearch } from './log-search.ts';
export { createLogStore } from './log-store.ts';
export type { LogStore } from './log-store.ts';
export { logLevels } from './types.ts';
export type { LogLevel, LogPage, LogQuery, LogRow, LogSearch } from './types.ts';
