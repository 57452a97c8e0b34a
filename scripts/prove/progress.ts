import type { Writable } from 'node:stream';
import type { Result } from './report.ts';

/** What a person sees while claims run: the present one in one changing line, those that are done above it. */
export interface Progress {
  start(id: string, seconds: number): void;
  say(text: string): void;
  done(result: Result): void;
}

/** Into a pipe, where a line cannot change, only what is done is written. */
export function createProgress(
  total: number,
  output: Writable & { isTTY?: boolean; columns?: number },
): Progress {
  let number = 0;
  let startedAt = 0;
  let line = '';
  let clock: NodeJS.Timeout | undefined;

  const elapsed = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  const show = () => {
    if (output.isTTY === true)
      output.write(`\r\u001b[2K${`${line} (${elapsed()})`.slice(0, (output.columns ?? 80) - 1)}`);
  };

  return {
    start(id, seconds) {
      number += 1;
      startedAt = performance.now();
      line = `[${number}/${total}] ${id}: about ${seconds} s`;
      show();
      clock = setInterval(show, 1_000);
    },
    say(text) {
      line = `${line.split(':')[0] ?? ''}: ${text}`;
      show();
    },
    done({ id, verdict, figure }) {
      clearInterval(clock);
      const tail = verdict === 'not run' ? '' : ` (${elapsed()})`;
      output.write(
        `${output.isTTY === true ? '\r\u001b[2K' : ''}${verdict.padEnd(8)} ${id}: ${figure}${tail}\n`,
      );
    },
  };
}
