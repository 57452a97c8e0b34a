import { setTimeout as wait } from 'node:timers/promises';

const pauseMs = 250;

/** Runs `attempt` until it succeeds. Once `forMs` have passed or the signal has fired, rejects with its last fault. */
export async function keepTrying(
  attempt: () => Promise<void>,
  options: { forMs: number; signal: AbortSignal; onFirstFault: (error: unknown) => void },
): Promise<void> {
  const giveUpAt = performance.now() + options.forMs;
  for (let attempts = 1; ; attempts += 1) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (performance.now() >= giveUpAt || options.signal.aborted) throw error;
      if (attempts === 1) options.onFirstFault(error);
      await wait(pauseMs);
    }
  }
}
