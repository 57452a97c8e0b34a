/** One Ctrl-C arrives several times: from the terminal, from npm, and from the door in between. */
const sameRequestMs = 2_000;

/**
 * Tells of the first SIGINT, SIGTERM or SIGHUP, and of those that come later on purpose. A reader of our output who has
 * gone, as when the terminal is closed, counts as SIGHUP.
 */
export function onStopSignals(
  first: (signal: NodeJS.Signals) => void,
  again: (signal: NodeJS.Signals) => void,
): void {
  let firstAt: number | undefined;
  const handle = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      first(signal);
    } else if (performance.now() - firstAt > sameRequestMs) {
      again(signal);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, handle);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => {
      if (firstAt === undefined) handle('SIGHUP');
    });
  }
}
