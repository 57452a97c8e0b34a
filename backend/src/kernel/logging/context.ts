import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line of one piece of work carries, whichever layer writes it. */
export interface LogContext {
  requestId: string;
  userId?: string | undefined;
  /** 32 hex digits, where the work belongs to a trace. */
  traceId?: string | undefined;
}

const storage = new AsyncLocalStorage<LogContext>();

export function runWithLogContext<T>(context: LogContext, work: () => T): T {
  return storage.run(context, work);
}

export const currentLogContext = (): LogContext | undefined => storage.getStore();

/** What belongs into a line; the context may hold more. Undefined members are not written. */
export const contextFields = ({ requestId, userId, traceId }: LogContext): LogContext => ({
  requestId,
  userId,
  traceId,
});
