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
  err?: { message?: string; stack?: string };
}

/** Prints the server's JSON log: short lines in a terminal, the JSON itself into a pipe. */
export interface LogPrinter {
  write(line: string): void;
  /** Prints the warnings and errors among what was held back so far, and forgets the rest. */
  flush(): void;
  /** Lines of what happens from now on are printed as they come. */
  open(): void;
}

const severe = new Set(['warn', 'error', 'fatal']);
const isSevere = (entry: LogLine | undefined): boolean => severe.has(entry?.level ?? '');

/** Log lines are held back until the printer is opened, so that they do not stand in the midst of the progress. */
export function createLogPrinter(output: Writable & { isTTY?: boolean }): LogPrinter {
  /** Undefined until then; compares as text with the times in the log. */
  let openedAt: string | undefined;
  let held: string[] = [];
  const print = (line: string) =>
    output.write(`${output.isTTY === true ? readable(line) : line}\n`);

  return {
    write(line) {
      const entry = parse(line);
      // What is not our log (a refused configuration, a crash of Node.js) must be seen at once.
      if (entry === undefined) print(line);
      else if (openedAt === undefined) held.push(line);
      // The server writes its log in batches: what it did before we opened may arrive afterwards.
      else if ((entry.time ?? openedAt) >= openedAt || isSevere(entry)) print(line);
    },
    flush() {
      held.filter((line) => isSevere(parse(line))).forEach(print);
      held = [];
    },
    open() {
      openedAt = new Date().toISOString();
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
  const short = parts.filter((part) => part !== undefined).join(' ');
  const error = entry.err?.stack ?? entry.err?.message;
  return (
    plain(short) + (error === undefined ? '' : `\n${error.split('\n').map(indented).join('\n')}`)
  );
}

/** A client's own words, such as an event's name, must not steer the terminal. */
const plain = (text: string): string => text.replace(/\p{Cc}/gu, '\u{FFFD}');

const indented = (line: string): string => `    ${plain(line)}`;
