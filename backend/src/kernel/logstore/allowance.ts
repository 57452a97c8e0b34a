/** So many a second over time, and a burst of as many as ten seconds give. The clock is only asked when a burst is used up. */
export class Allowance {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #since = performance.now();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#burst = 10 * perSecond;
    this.#left = this.#burst;
  }

  take(): boolean {
    if (this.#left < 1) this.#refill();
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  #refill(): void {
    const now = performance.now();
    const earned = ((now - this.#since) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#burst, this.#left + earned);
    this.#since = now;
  }
}
