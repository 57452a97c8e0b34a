import { pino, type DestinationStream, type Logger } from 'pino';
import { createScrubber, type Scrubber } from '../privacy/index.ts';
import { currentLogContext, type LogContext } from './context.ts';

export interface LoggerOptions {
  level: string;
  /** Where the lines go; standard output otherwise. */
  destination?: DestinationStream;
  /** What every line goes through; one with the rules of the house by default. */
  scrubber?: Scrubber;
}

/**
 * One JSON line an event, whatever the input, without secrets and personal data. Each line has the request id, user id and
 * trace id of the work it belongs to. Lines are written together, at the latest after a fifth of a second and when the
 * process exits.
 */
export function createLogger({
  level,
  destination,
  scrubber = createScrubber(),
}: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors are written by the scrubber already; pino's own serializer would add what they carry.
      serializers: { err: (error: unknown) => error },
      mixin: contextFields,
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
    destination ?? pino.destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 200 }),
  );
}

/** The context may hold more than belongs into a line. */
function contextFields(): object {
  const context = currentLogContext();
  if (!context) return {};
  const { requestId, userId, traceId } = context;
  const fields: LogContext = { requestId };
  if (userId !== undefined) fields.userId = userId;
  if (traceId !== undefined) fields.traceId = traceId;
  return fields;
}
