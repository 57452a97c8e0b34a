/**
 * Tells again and again by how many milliseconds the event loop came late. Returns what ends it. A loop that is blocked, or a
 * process that was suspended, is one late turn, however long it was.
 */
export type EventLoopSampler = (onTurn: (lateMs: number) => void) => () => void;

const everyMs = 20;

export const sampleEventLoop: EventLoopSampler = (onTurn) => {
  let expectedAt = performance.now() + everyMs;
  const timer = setInterval(() => {
    const now = performance.now();
    onTurn(Math.max(0, now - expectedAt));
    expectedAt = now + everyMs;
  }, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
};
