import type { Logger } from '../logging/index.ts';

export interface Phase {
  name: string;
  /** Milliseconds. */
  deadlineMs: number;
  run: () => void | Promise<void>;
}

export class PhaseTimeout extends Error {
  override readonly name = 'PhaseTimeout';
}

/** Runs one phase; rejects with PhaseTimeout when it is not done in time. */
export async function runPhase({ name, deadlineMs, run }: Phase): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new PhaseTimeout(`Phase "${name}" was not done within ${deadlineMs} ms`));
    }, deadlineMs);
  });
  try {
    await Promise.race([Promise.resolve().then(run), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** The start was given up because the server is to stop. */
export class StartInterrupted extends Error {
  override readonly name = 'StartInterrupted';
}

/** Start stops at the first fault, for a half-started server must not serve, and with StartInterrupted on the signal. */
export async function runStartPhases(
  phases: readonly Phase[],
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const interrupted = new Promise<never>((_resolve, reject) => {
    const interrupt = () => {
      reject(new StartInterrupted('The server stops before it has started'));
    };
    if (signal.aborted) interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
  });
  for (const phase of phases) {
    const startedAt = performance.now();
    await Promise.race([interrupted, runPhase(phase)]);
    logger.debug(
      { phase: phase.name, durationMs: Math.round(performance.now() - startedAt) },
      'start phase done',
    );
  }
}

/** Shutdown goes on after a fault: later phases still have to run. Resolves with whether all phases were clean. */
export async function runStopPhases(phases: readonly Phase[], logger: Logger): Promise<boolean> {
  let clean = true;
  for (const phase of phases) {
    const startedAt = performance.now();
    try {
      await runPhase(phase);
      logger.info(
        { phase: phase.name, durationMs: Math.round(performance.now() - startedAt) },
        'shutdown phase done',
      );
    } catch (error) {
      clean = false;
      logger.error({ phase: phase.name, err: error }, 'shutdown phase failed');
    }
  }
  return clean;
}
