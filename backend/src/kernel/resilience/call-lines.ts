import { toAppError } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';

/** Runs the calls of one provider; `tried` is told of each try. `signal` is the caller's own. */
export type LoggedCall = <T>(
  operation: string,
  signal: AbortSignal | undefined,
  call: (tried: (number: number) => void) => Promise<T>,
) => Promise<T>;

/**
 * One line a call, as the access log has one a request, so that a request id leads to what was asked of others for it. What
 * was refused before it left is a `debug` line: an open breaker is to cost nothing.
 */
export const logCalls =
  (logger: Logger, provider: string): LoggedCall =>
  async (operation, signal, call) => {
    const startedAt = performance.now();
    let tries = 0;
    const line = (outcome: string) => ({
      provider,
      operation,
      outcome,
      tries,
      durationMs: Math.round((performance.now() - startedAt) * 100) / 100,
    });
    try {
      const result = await call((number) => {
        tries = number;
      });
      logger.info(line('ok'), 'provider call');
      return result;
    } catch (error) {
      const gaveUp = signal?.aborted === true;
      const level = gaveUp || tries === 0 ? 'debug' : 'warn';
      logger[level](line(gaveUp ? 'aborted' : toAppError(error).code), 'provider call');
      throw error;
    }
  };
