import { setTimeout as wait } from 'node:timers/promises';

/** Resolves when the next question may be asked. */
export type Pace = (signal: AbortSignal) => Promise<void>;

/** Questions evenly spaced, however many ask at once. */
export function createPace(perSecond: number): Pace {
  const gapMs = 1_000 / perSecond;
  let nextAt = 0;
  return async (signal) => {
    signal.throwIfAborted();
    const now = performance.now();
    const at = Math.max(now, nextAt);
    nextAt = at + gapMs;
    if (at > now) await wait(at - now, undefined, { signal });
  };
}
