import { pino, type DestinationStream, type Logger } from 'pino';
import { currentLogContext } from './context.ts';
import { serializeError } from './error-serializer.ts';
import { redactedPaths, scrubText } from './redaction.ts';

export interface LoggerOptions {
  level: string;
  /** Where the lines go; standard output otherwise. */
  destination?: DestinationStream;
}

/**
 * One JSON line an event, whatever the input. Each line has the request id and user id of the work it belongs to.
 * Writes are synchronous so that the last lines before an exit are not lost.
 */
export function createLogger({ level, destination }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactedPaths, censor: '[secret]' },
      serializers: { err: serializeError, error: serializeError },
      mixin: contextFields,
      hooks: {
        logMethod(args, method) {
          const last = args.at(-1);
          if (typeof last === 'string') args[args.length - 1] = scrubText(last);
          method.apply(this, args);
        },
      },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** The context may hold more than belongs into a line. */
function contextFields(): object {
  const context = currentLogContext();
  if (!context) return {};
  const { requestId, userId } = context;
  return userId === undefined ? { requestId } : { requestId, userId };
}
