import type { Logger } from '../logging/index.ts';
import type { ErrorReporter } from '../telemetry/index.ts';

/** How the process ends. 78 (sysexits EX_CONFIG) is a refused configuration, see kernel/config. */
export const exitCodes = { clean: 0, crash: 1, forced: 130 } as const;

export interface ProcessLifecycle {
  logger: Logger;
  reporter: ErrorReporter;
  /** Resolves with whether every phase was clean. */
  stop: () => Promise<boolean>;
  /** After this many milliseconds the process ends whatever is unfinished. */
  shutdownTimeoutMs: number;
  exit: (code: number) => void;
}

/** For what a start cannot go on after: logs it as fatal and ends in order, with exit code 1. */
export type Crash = (error: unknown, what: string) => void;

/**
 * Ends the process in order on SIGTERM, SIGINT and PM2's `shutdown` message; at once on a second signal. A crash takes
 * the same way out, with exit code 1: the state after it cannot be trusted, the requests under way can still be answered.
 */
export function handleProcessSignals({
  logger,
  reporter,
  stop,
  shutdownTimeoutMs,
  exit,
}: ProcessLifecycle): Crash {
  let stopping = false;
  let signalled = false;
  let code: number = exitCodes.clean;

  function shutDown(why: string): void {
    if (stopping) return;
    stopping = true;
    logger.info(`${why}, starting graceful shutdown...`);
    const deadline = setTimeout(() => {
      logger.error({ shutdownTimeoutMs }, 'Graceful shutdown took too long, ending at once');
      exit(exitCodes.crash);
    }, shutdownTimeoutMs);
    stop().then(
      (clean) => {
        clearTimeout(deadline);
        if (clean) logger.info('Graceful shutdown complete');
        else logger.error('Shutdown finished with faults');
        exit(clean ? code : exitCodes.crash);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'Shutdown failed');
        exit(exitCodes.crash);
      },
    );
  }

  function heed(signal: string): void {
    if (signalled) {
      logger.warn(`${signal} received again, ending at once`);
      exit(exitCodes.forced);
      return;
    }
    signalled = true;
    shutDown(`${signal} received`);
  }

  function crash(error: unknown, what: string, kind: 'process' | 'startup'): void {
    code = exitCodes.crash;
    logger.fatal({ err: error }, what);
    reporter.report(error, { kind, code: what });
    shutDown(what);
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      heed(signal);
    });
  }
  process.on('message', (message) => {
    if (message === 'shutdown') heed('PM2 shutdown message');
  });
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      crash(error, event, 'process');
    });
  }
  return (error, what) => {
    crash(error, what, 'startup');
  };
}
