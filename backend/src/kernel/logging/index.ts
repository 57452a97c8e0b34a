export { currentLogContext, runWithLogContext } from './context.ts';
export type { LogContext } from './context.ts';
export { createLogger } from './logger.ts';
export type { Logger } from 'pino';
