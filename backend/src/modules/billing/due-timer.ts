import type { Logger } from '../../kernel/logging/index.ts';

/** Looks at what time has changed no less often than this, for what other processes have stored meanwhile. */
const mostMs = 15_000;
/** After a fault, and between two looks. */
const leastMs = 250;

/**
 * Looks when something is due. What users may use never waits for it: that is computed at its very moment. This is what tells
 * their sockets, and keeps the history.
 */
export function createDueTimer({
  look,
  logger,
}: {
  /** Resolves with when to look again; null where nothing is ahead. */
  look: (signal: AbortSignal) => Promise<Date | null>;
  logger: Logger;
}) {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let started = false;
  let nextAt = Infinity;
  /** What was heard of while it looked. */
  let heard = Infinity;
  let running: Promise<void> | undefined;

  function schedule(at: number): void {
    if (stopping.signal.aborted || at >= nextAt) return;
    nextAt = at;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        running = run();
      },
      Math.max(leastMs, at - Date.now()),
    );
  }

  async function run(): Promise<void> {
    nextAt = Infinity;
    heard = Infinity;
    let next: Date | null = null;
    try {
      next = await look(stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) return;
      logger.warn({ err: error }, 'What time has changed could not be looked up');
    }
    running = undefined;
    schedule(Math.min(next?.getTime() ?? Infinity, heard, Date.now() + mostMs));
  }

  return {
    start(): void {
      started = true;
      schedule(Date.now());
    },
    /** Something is due then; looked at no later than that, where this process runs. */
    expect(at: Date): void {
      if (running !== undefined) heard = Math.min(heard, at.getTime());
      else if (started) schedule(at.getTime());
    },
    async stop(): Promise<void> {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
