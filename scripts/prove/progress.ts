import type { Writable } from 'node:stream';
import type { Result } from './report.ts';

const clearLine = '\r\u001b[2K';

/** What a person sees while claims run: the present one in one changing line, those that are done above it. */
export interface Progress {
  start(id: string, seconds: number): void;
  say(text: string): void;
  done(result: Result): void;
}

/** Into a pipe, where a line cannot change, each step is a line of its own. */
export function createProgress(
  total: number,
  output: Writable & { isTTY?: boolean; columns?: number },
): Progress {
  const isTerminal = output.isTTY === true;
  let number = 0;
  let id = '';
  let startedAt = 0;
  let line = '';
  let clock: NodeJS.Timeout | undefined;

  const elapsed = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  const show = () => {
    const width = (output.columns ?? 80) - 1;
    if (isTerminal) output.write(`${clearLine}${`${line} (${elapsed()})`.slice(0, width)}`);
  };
  const change = (text: string) => {
    line = `[${number}/${total}] ${id}: ${text}`;
    if (isTerminal) show();
    else output.write(`${line}\n`);
  };

  return {
    start(started, seconds) {
      id = started;
      number += 1;
      startedAt = performance.now();
      change(`about ${seconds} s`);
      clock = setInterval(show, 1_000);
    },
    say: change,
    done({ id: done, verdict, figure }) {
      clearInterval(clock);
      const tail = startedAt === 0 || verdict === 'not run' ? '' : ` (${elapsed()})`;
      output.write(
        `${isTerminal ? clearLine : ''}${verdict.padEnd(8)} ${done}: ${figure}${tail}\n`,
      );
    },
  };
}
