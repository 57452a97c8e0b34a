/** How many reports may come at once, and how many a second after that. A fault of the database makes thousands. */
export interface OutboxLimits {
  burst: number;
  perSecond: number;
}

/** Work that is put off until the answer is out, and bounded. */
export interface Outbox {
  /** False where there is too much already, and the work is dropped. */
  add(work: () => void): boolean;
  /** Does at once what is left. */
  empty(): void;
}

export function createOutbox({ burst, perSecond }: OutboxLimits): Outbox {
  const waiting: (() => void)[] = [];
  let points = burst;
  let countedAt = performance.now();
  let scheduled = false;

  function takePoint(): boolean {
    const now = performance.now();
    points = Math.min(burst, points + ((now - countedAt) / 1000) * perSecond);
    countedAt = now;
    if (points < 1) return false;
    points -= 1;
    return true;
  }

  /** One at a time, so that requests come in between. */
  function next(): void {
    scheduled = false;
    waiting.shift()?.();
    schedule();
  }

  function schedule(): void {
    if (scheduled || waiting.length === 0) return;
    scheduled = true;
    setImmediate(next);
  }

  return {
    add(work) {
      if (!takePoint()) return false;
      waiting.push(work);
      schedule();
      return true;
    },
    empty() {
      for (const work of waiting.splice(0)) work();
    },
  };
}
