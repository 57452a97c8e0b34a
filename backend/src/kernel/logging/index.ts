export { contextFields, currentLogContext, runWithLogContext } from './context.ts';
export type { LogContext } from './context.ts';
export { HarmlessFields } from './harmless.ts';
export { createLogger } from './logger.ts';
export type { Logger } from 'pino';
