import type { Writable } from 'node:stream';

interface LogLine {
  time?: string;
  level?: string;
  msg?: string;
  method?: string;
  path?: string;
  status?: number;
  event?: string;
  durationMs?: number;
  requestId?: string;
  code?: string;
}

/** Prints the server's JSON log: short lines in a terminal, the JSON itself into a pipe. */
export interface LogPrinter {
  write(chunk: Buffer): void;
  /** Forgets what was held back while starting, except warnings and whatever is no log line. */
  flush(): void;
  /** From now on lines are printed as they come. */
  open(): void;
}

export function createLogPrinter(output: Writable & { isTTY?: boolean }): LogPrinter {
  let rest = '';
  let isOpen = false;
  let held: string[] = [];
  const print = (line: string) =>
    output.write(`${output.isTTY === true ? readable(line) : line}\n`);

  return {
    write(chunk) {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      if (isOpen) lines.forEach(print);
      else {
        held.push(...lines);
        // What is not our log (a boot refusal, a crash of Node.js) must be seen at once.
        lines.filter((line) => parse(line) === undefined).forEach(print);
      }
    },
    flush() {
      held
        .filter((line) => ['warn', 'error', 'fatal'].includes(parse(line)?.level ?? ''))
        .forEach(print);
      held = [];
    },
    open() {
      isOpen = true;
    },
  };
}

function parse(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}

function readable(line: string): string {
  const entry = parse(line);
  if (!entry) return line;
  const what =
    entry.method === undefined
      ? entry.event
      : `${entry.method} ${entry.path ?? ''} ${entry.status ?? ''}`;
  const parts = [
    entry.time?.slice(11, 19),
    entry.level?.padEnd(5),
    entry.msg,
    what,
    entry.code,
    entry.durationMs === undefined ? undefined : `${entry.durationMs} ms`,
    entry.requestId,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}
