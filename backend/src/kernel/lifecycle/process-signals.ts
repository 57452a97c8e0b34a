import type { Logger } from '../logging/index.ts';

/** How the process ends. 78 (sysexits EX_CONFIG) is a refused configuration, see kernel/config. */
export const exitCodes = { clean: 0, crash: 1, forced: 130 } as const;

export interface ProcessLifecycle {
  logger: Logger;
  /** Resolves with whether every phase was clean. */
  stop: () => Promise<boolean>;
  /** After this many milliseconds the process ends whatever is unfinished. */
  shutdownTimeoutMs: number;
  exit: (code: number) => void;
}

/**
 * Ends the process in order on SIGTERM, SIGINT and PM2's `shutdown` message; at once on a second signal. A crash takes
 * the same way out, with exit code 1: the state after it cannot be trusted, the requests under way can still be answered.
 */
export function handleProcessSignals({
  logger,
  stop,
  shutdownTimeoutMs,
  exit,
}: ProcessLifecycle): void {
  let stopping = false;

  function shutDown(reason: string, code: number): void {
    if (stopping) {
      if (code === exitCodes.crash) return;
      logger.warn(`${reason} received again, ending at once`);
      exit(exitCodes.forced);
      return;
    }
    stopping = true;
    logger.info(`${reason} received, starting graceful shutdown...`);
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

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      shutDown(signal, exitCodes.clean);
    });
  }
  process.on('message', (message) => {
    if (message === 'shutdown') shutDown('PM2 shutdown message', exitCodes.clean);
  });
  for (const crash of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(crash, (error: unknown) => {
      logger.fatal({ err: error }, crash);
      shutDown(crash, exitCodes.crash);
    });
  }
}
