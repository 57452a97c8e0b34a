export { contextFields, currentLogContext, runWithLogContext } from './context.ts';
export type { LogContext } from './context.ts';
export { createLogTap } from './log-tap.ts';
export type { LogTap } from './log-tap.ts';
export { createLogger } from './logger.ts';
export { plainLines } from './plain-line.ts';
export type { PlainLine } from './plain-line.ts';
export type { Logger } from 'pino';
