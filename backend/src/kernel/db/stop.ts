/** One transaction's way to be given up: by its caller's signal, or by the pool that closes. */
export class Stop {
  /** Rejects with the reason; never resolves. */
  readonly promise: Promise<never>;
  readonly #reject: (reason: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  #stopped = false;

  constructor(signal: AbortSignal | undefined) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    this.promise = promise;
    this.#reject = reject;
    this.#signal = signal;
    if (signal?.aborted === true) this.#onAbort();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  now(reason: unknown): void {
    this.#stopped = true;
    this.#reject(reason);
  }

  dispose(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.now(this.#signal?.reason);
  };
}
