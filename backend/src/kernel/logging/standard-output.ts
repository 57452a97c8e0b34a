import { writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

const standardOutputFd = 1;
/** Lines are written together once there is so much, or after so long. */
const batchLength = 4_096;
const flushAfterMs = 200;
/** How soon a write is tried again that was refused. */
const retryAfterMs = 10;
/** What is kept while nobody takes the lines; later ones are dropped and counted. */
const longestBacklog = 8 * 1024 ** 2;
/** What a slow reader gets at the exit. */
const exitPatienceMs = 500;

/**
 * Standard output that neither holds the server up nor ends it: a reader that is gone (EPIPE), a pipe that nobody reads, a disk
 * without space. There pino's own destination keeps lines without bound, and waits forever when the process exits.
 */
export function standardOutput(): DestinationStream {
  let backlog = '';
  /** What was taken from the backlog and not wholly written. */
  let rest: Buffer | undefined;
  let lost = 0;
  let opened = false;
  let timer: NodeJS.Timeout | undefined;

  function open(): void {
    opened = true;
    // Touching it is what matters: it makes a full pipe refuse a write, where it would block the process.
    process.stdout.on('error', () => undefined);
    process.once('exit', flushAtExit);
  }

  /** Returns whether all is out. */
  function flush(): boolean {
    clearTimeout(timer);
    timer = undefined;
    try {
      while (rest !== undefined || backlog !== '') {
        if (rest === undefined) [rest, backlog] = [Buffer.from(backlog), ''];
        const written = writeSync(standardOutputFd, rest);
        rest = written < rest.length ? rest.subarray(written) : undefined;
        if (rest === undefined && lost > 0) confessLoss();
      }
      return true;
    } catch {
      // Whatever the fault: the reader, or the space, may come back.
      flushAfter(retryAfterMs);
      return false;
    }
  }

  function confessLoss(): void {
    const time = new Date().toISOString();
    const line = { level: 'warn', time, pid: process.pid, lost, msg: 'Log lines were lost' };
    backlog = `${JSON.stringify(line)}\n${backlog}`;
    lost = 0;
  }

  function flushAfter(milliseconds: number): void {
    timer ??= setTimeout(flush, milliseconds).unref();
  }

  function flushAtExit(): void {
    const giveUpAt = performance.now() + exitPatienceMs;
    while (!flush() && performance.now() < giveUpAt)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryAfterMs);
  }

  return {
    write(line) {
      if (!opened) open();
      if (backlog.length + line.length > longestBacklog) {
        lost += 1;
        return;
      }
      backlog += line;
      // Where something is left over, nobody takes lines at the moment.
      if (backlog.length >= batchLength && rest === undefined) flush();
      else flushAfter(flushAfterMs);
    },
  };
}
