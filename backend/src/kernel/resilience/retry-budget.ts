/** Retries that a call earns: 20 % extra load at most. */
const share = 0.2;
/** What a quiet process may spend at once, so that a single call can be tried again at all. */
const reserve = 10;
const refillPerSecond = 0.1;

/**
 * How many retries a provider may still be sent by this process. When everything fails, retries would multiply the load just
 * then; so they have to be earned by calls, and beside a small reserve never are more than a fifth of them.
 */
export class RetryBudget {
  #tokens = reserve;
  #filledAt = performance.now();

  /** A call began. */
  earn(): void {
    this.#tokens = Math.min(reserve, this.#tokens + share);
  }

  /** Whether one more retry may be made; it then counts. */
  spend(): boolean {
    if (this.left < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  get left(): number {
    const now = performance.now();
    const earned = ((now - this.#filledAt) / 1_000) * refillPerSecond;
    this.#filledAt = now;
    this.#tokens = Math.min(reserve, this.#tokens + earned);
    return this.#tokens;
  }
}
