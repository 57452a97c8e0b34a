import { describe, expect, test } from '@jest/globals';
import { keepTrying } from './keep-trying.ts';

const never = new AbortController().signal;

describe('keeping trying', () => {
  test('ends with the first success, and tells of the first fault only', async () => {
    const faults: unknown[] = [];
    let attempts = 0;
    await keepTrying(
      () => {
        attempts += 1;
        return attempts < 3 ? Promise.reject(new Error(`no ${attempts}`)) : Promise.resolve();
      },
      { forMs: 10_000, signal: never, onFirstFault: (fault) => faults.push(fault) },
    );
    expect(attempts).toBe(3);
    expect(faults).toEqual([new Error('no 1')]);
  });

  test('ends with the last fault once the time is over', async () => {
    const startedAt = performance.now();
    const tried = keepTrying(() => Promise.reject(new Error('still down')), {
      forMs: 300,
      signal: never,
      onFirstFault: () => undefined,
    });
    await expect(tried).rejects.toThrow('still down');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(300);
  });

  test('ends when it is told to', async () => {
    const tried = keepTrying(() => Promise.reject(new Error('down')), {
      forMs: 60_000,
      signal: AbortSignal.abort(),
      onFirstFault: () => undefined,
    });
    await expect(tried).rejects.toThrow('down');
  });
});
