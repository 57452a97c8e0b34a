import { jest } from '@jest/globals';

/** So that the date alone is another one. */
const notTheDate = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

/** Does the work as a host whose clock is a minute ahead would. */
export async function onAnotherHost<T>(work: () => Promise<T>): Promise<T> {
  jest.useFakeTimers({ now: Date.now() + 60_000, doNotFake: [...notTheDate] });
  try {
    return await work();
  } finally {
    jest.useRealTimers();
  }
}
