import { AppError } from '../errors/index.ts';

/** One load under way in this process, and whether what it brings may be kept. */
export class Flight {
  readonly key: string;
  readonly #until: number;
  /** An invalidation came after it began: whoever waits may have its result, nobody later. */
  dropped = false;

  constructor(key: string, withinMs: number) {
    this.key = key;
    this.#until = performance.now() + withinMs;
  }

  get leftMs(): number {
    return Math.max(0, this.#until - performance.now());
  }
}

/**
 * Runs `work` with a signal that aborts after `withinMs` or with `stopping`, and settles no later than that, whether it heeds
 * the signal or not. Then it rejects with UPSTREAM_TIMEOUT, or
 * with SERVICE_UNAVAILABLE.
 */
export async function withinTime<T>(
  work: (signal: AbortSignal) => Promise<T>,
  withinMs: number,
  stopping: AbortSignal,
): Promise<T> {
  const ending = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (error: AppError): void => {
    reject(error);
    ending.abort(error);
  };
  const onStop = (): void => {
    end(new AppError('SERVICE_UNAVAILABLE', { cause: new Error('The server stops') }));
  };
  const timer = setTimeout(() => {
    const cause = new Error(`Not loaded within ${Math.round(withinMs)} ms`);
    end(new AppError('UPSTREAM_TIMEOUT', { cause }));
  }, withinMs);
  stopping.addEventListener('abort', onStop, { once: true });
  if (stopping.aborted) onStop();
  try {
    return await Promise.race([(async () => work(ending.signal))(), ended]);
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener('abort', onStop);
  }
}

/** Waits for `result` as long as nobody gives up; aborting ends the wait and not what is waited for. */
export async function unlessAborted<T>(result: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return result;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
