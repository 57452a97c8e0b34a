import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io';
import type { Authenticator } from '../auth/index.ts';
import type { AppError } from '../errors/index.ts';
import { socketErrorBody, toAppError, validated } from '../errors/index.ts';
import { runWithLogContext, type Logger } from '../logging/index.ts';
import { rateLimitKey, type RateLimiter } from '../ratelimit/index.ts';
import type { SocketEvent } from './event.ts';
import type { SocketSession } from './session.ts';

export interface DispatchServices {
  authenticator: Authenticator;
  rateLimiter: RateLimiter;
  logger: Logger;
}

type Acknowledge = (answer: unknown) => void;

/** Runs one socket event through the same steps as an HTTP request. Never throws; every fault is acknowledged. */
export function dispatchEvent(
  socket: Socket,
  session: SocketSession,
  event: SocketEvent,
  services: DispatchServices,
): (...values: unknown[]) => void {
  const payloadSchema = event.payload.required();
  return (...values) => {
    const requestId = randomUUID();
    const { caller } = session;
    const userId = caller.kind === 'user' ? caller.userId : undefined;
    const context = { requestId, ...(userId === undefined ? {} : { userId }) };
    void runWithLogContext(context, () =>
      answer(values, { event: event.name, requestId, logger: services.logger }, async (payload) => {
        await services.rateLimiter.consume(
          event.rateLimit,
          rateLimitKey(userId, socket.handshake.address),
        );
        services.authenticator.authorize(caller, event.auth);
        return event.handler({
          payload: validated(payloadSchema, payload, 'payload') as unknown,
          caller,
          requestId,
          join: async (room) => {
            await socket.join(room);
          },
          leave: async (room) => {
            await socket.leave(room);
          },
        });
      }),
    );
  };
}

export interface AnswerContext {
  event: string;
  requestId: string;
  logger: Logger;
}

/** Splits `(payload, ack)`, does the work, acknowledges its outcome and writes one log line. */
export async function answer(
  values: readonly unknown[],
  { event, requestId, logger }: AnswerContext,
  work: (payload: unknown) => Promise<unknown>,
): Promise<void> {
  const last = values.at(-1);
  const acknowledge: Acknowledge =
    typeof last === 'function' ? (last as Acknowledge) : () => undefined;
  const startedAt = performance.now();
  const line = () => ({
    event,
    durationMs: Math.round((performance.now() - startedAt) * 100) / 100,
  });
  try {
    const payload = typeof values[0] === 'function' ? undefined : values[0];
    const data = await work(payload);
    acknowledge({ ok: true, data: data ?? null });
    logger.info(line(), 'socket event');
  } catch (thrown) {
    const error: AppError = toAppError(thrown);
    acknowledge({ ok: false, error: socketErrorBody(error, { requestId, event }) });
    if (error.statusCode >= 500)
      logger.error({ ...line(), code: error.code, err: thrown }, 'socket event failed');
    else logger.info({ ...line(), code: error.code }, 'socket event refused');
  }
}
