import { pino, type DestinationStream, type Logger } from 'pino';
import { createScrubber, type Scrubber } from '../privacy/index.ts';
import { contextFields, currentLogContext } from './context.ts';
import { isoClock } from './iso-time.ts';
import type { LogTap } from './log-tap.ts';
import { standardOutput } from './standard-output.ts';

export interface LoggerOptions {
  level: string;
  /** Where the lines go; standard output otherwise. */
  destination?: DestinationStream;
  /** What every line goes through; one with the rules of the house by default. */
  scrubber?: Scrubber;
  /** Is given every line that is written, as it is written. */
  tap?: LogTap;
}

/**
 * One JSON line an event, whatever the input, without secrets and personal data. Each line has the request id, user id and
 * trace id of the work it belongs to. Lines are written together, at the latest after a fifth of a second and when the
 * process exits.
 */
export function createLogger({
  level,
  destination = standardOutput(),
  scrubber = createScrubber(),
  tap,
}: LoggerOptions): Logger {
  const now = isoClock();
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: () => `,"time":"${now()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // Errors are written by the scrubber already; pino's own serializer would add what they carry.
      serializers: { err: (error: unknown) => error },
      mixin: () => {
        const context = currentLogContext();
        return context ? contextFields(context) : {};
      },
      // Pino's own merging reads the fields before any formatter, and a getter of theirs may throw.
      mixinMergeStrategy: (fields, context) => {
        const scrubbed = scrubber.value(fields);
        return Object.assign(
          context,
          typeof scrubbed === 'object' ? scrubbed : { fields: scrubbed },
        );
      },
      hooks: {
        logMethod(args, method) {
          const last = args.at(-1);
          if (typeof last === 'string') args[args.length - 1] = scrubber.text(last);
          method.apply(this, args);
        },
      },
    },
    tap ? both(destination, tap) : destination,
  );
}

const both = (destination: DestinationStream, tap: LogTap): DestinationStream => ({
  write(line) {
    destination.write(line);
    tap.write(line);
  },
});
