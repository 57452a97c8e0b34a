import type { Metrics } from '../../kernel/metrics/index.ts';

/** Does the work and counts how long it took; `cards` says how big the batch was. */
export type UpsertTimer = <T>(cards: number, work: () => Promise<T>) => Promise<T>;

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createUpsertTimer(metrics: Metrics): UpsertTimer {
  const duration = metrics.histogram(
    'bulwark_batch_upsert_duration_seconds',
    'How long a batch of cards with their variants took to store.',
    seconds,
    ['batch', 'outcome'],
  );
  return async (cards, work) => {
    // Labels are from small sets: whether the batch was a page or a few cards is what explains its time.
    const batch = cards > 20 ? 'page' : 'few';
    const began = performance.now();
    let outcome: 'stored' | 'failed' = 'failed';
    try {
      const result = await work();
      outcome = 'stored';
      return result;
    } finally {
      duration.observe({ batch, outcome }, (performance.now() - began) / 1000);
    }
  };
}
