import { pino, type DestinationStream, type Logger } from 'pino';
import { isoClock } from './iso-time.ts';

/**
 * Writes a line past pino and the scrubber, for the one that every request writes. `members` is JSON without its braces, made of
 * what is the server's own; what a client sent must be scrubbed before it is put in.
 */
export type PlainLine = (level: 'info' | 'warn', message: string, members: string) => void;

/** Lines of this logger, at its level and to its destination. They carry no more than they are given. */
export function plainLines(logger: Logger): PlainLine {
  const destination = (logger as unknown as Record<symbol, DestinationStream>)[
    pino.symbols.streamSym
  ];
  const now = isoClock();
  return (level, message, members) => {
    if (!logger.isLevelEnabled(level)) return;
    destination?.write(
      `{"level":"${level}","time":"${now()}","pid":${process.pid},${members},"msg":"${message}"}\n`,
    );
  };
}
