import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io';
import type { Authenticator } from '../auth/index.ts';
import type { KernelConfig } from '../config/index.ts';
import type { Entitlements } from '../entitlements/index.ts';
import {
  AppError,
  socketErrorBody,
  toAppError,
  validated,
  validationFailed,
} from '../errors/index.ts';
import { runWithLogContext, type LogContext, type Logger } from '../logging/index.ts';
import type { LoadShedder } from '../overload/index.ts';
import { rateLimitKey, type RateLimiter } from '../ratelimit/index.ts';
import { jsonHazard } from '../schema/index.ts';
import type { ErrorReporter, Tracing } from '../telemetry/index.ts';
import type { SocketEvent } from './event.ts';
import type { RealtimeMetrics } from './metrics.ts';
import type { SocketSession } from './session.ts';

/** Runs socket events through the same steps as HTTP requests. */
export interface Dispatcher {
  /** `values` are the event's arguments, `(payload, ack)`. Never throws; every fault is acknowledged. */
  run(event: SocketEvent, socket: Socket, session: SocketSession, values: unknown[]): void;
  /** Whether an event of this session is under way. */
  isBusy(session: SocketSession): boolean;
  /** Refuses new events from now on, and resolves once those under way are acknowledged. */
  finish(): Promise<void>;
}

export function createDispatcher(services: {
  authenticator: Authenticator;
  rateLimiter: RateLimiter;
  entitlements: Pick<Entitlements, 'require'>;
  shedder: LoadShedder;
  config: KernelConfig['realtime'];
  metrics: RealtimeMetrics;
  tracing: Tracing;
  reporter: ErrorReporter;
  logger: Logger;
}): Dispatcher {
  const { authenticator, rateLimiter, entitlements, shedder, config, metrics } = services;
  const { tracing, reporter, logger } = services;
  const underWay = new Set<Promise<void>>();
  const busy = new WeakMap<SocketSession, number>();
  let finishing = false;

  async function perform(
    event: SocketEvent,
    socket: Socket,
    session: SocketSession,
    payload: unknown,
    requestId: string,
  ): Promise<unknown> {
    await rateLimiter.consume(event.rateLimit, rateLimitKey(session.userId, session.address));
    const caller = session.currentCaller();
    authenticator.authorize(caller, event.auth);
    if (event.entitlement !== undefined) await entitlements.require(caller, event.entitlement);
    const hazard = jsonHazard(payload);
    if (hazard !== undefined) throw validationFailed([{ field: 'payload', reason: hazard }]);
    return event.handler({
      payload: validated(event.payload, payload, 'payload') as unknown,
      caller,
      requestId,
      join: async (room) => {
        if (!socket.rooms.has(room) && featureRooms(socket, session) >= config.maxRooms)
          throw new AppError('RATE_LIMITED', { message: 'Too many rooms. Leave one first.' });
        await socket.join(room);
      },
      leave: async (room) => {
        await socket.leave(room);
      },
    });
  }

  /** Does the work, acknowledges its outcome and writes one log line. */
  async function answer(
    event: string,
    context: LogContext,
    acknowledge: (answer: unknown) => void,
    work: () => Promise<unknown>,
  ): Promise<void> {
    const { requestId } = context;
    const startedAt = performance.now();
    tracing.begin(context, event);
    const line = () => ({
      event,
      durationMs: Math.round((performance.now() - startedAt) * 100) / 100,
    });
    try {
      acknowledge({ ok: true, data: (await work()) ?? null });
      metrics.events.add({ event, outcome: 'ok' });
      logger.info(line(), 'socket event');
      tracing.end(context, { failed: false });
    } catch (thrown) {
      const error = toAppError(thrown);
      acknowledge({ ok: false, error: socketErrorBody(error, { requestId, event }) });
      metrics.events.add({ event, outcome: error.statusCode >= 500 ? 'failed' : 'refused' });
      if (error.statusCode >= 500) {
        logger.error({ ...line(), code: error.code, err: thrown }, 'socket event failed');
        reporter.report(thrown, { kind: 'socket', code: error.code, route: event, ...context });
      } else logger.info({ ...line(), code: error.code }, 'socket event refused');
      tracing.end(context, {
        attributes: { 'error.type': error.code },
        failed: error.statusCode >= 500,
      });
    }
  }

  /** Why an event is not taken on, beside `before` of the same socket. */
  function refusalOf(before: number): AppError | undefined {
    if (finishing) return new AppError('SERVICE_UNAVAILABLE');
    return before >= config.maxEventsUnderWay ? tooManyAtOnce() : shedder.refusal('event');
  }

  return {
    run(event, socket, session, values) {
      const requestId = randomUUID();
      const { userId } = session;
      const context: LogContext = userId === undefined ? { requestId } : { requestId, userId };
      const last = values.at(-1);
      const acknowledge =
        typeof last === 'function' ? (last as (answer: unknown) => void) : () => undefined;
      const before = busy.get(session) ?? 0;
      const refusal = refusalOf(before);
      if (refusal) {
        const body = socketErrorBody(refusal, { requestId, event: event.name });
        acknowledge({ ok: false, error: body });
        metrics.events.add({ event: event.name, outcome: 'refused' });
        return;
      }
      busy.set(session, before + 1);
      shedder.enter();
      const payload = typeof values[0] === 'function' ? undefined : values[0];
      const done = runWithLogContext(context, () =>
        answer(event.name, context, acknowledge, () =>
          perform(event, socket, session, payload, requestId),
        ),
      );
      underWay.add(done);
      void done.then(() => {
        underWay.delete(done);
        shedder.leave();
        busy.set(session, (busy.get(session) ?? 1) - 1);
      });
    },
    isBusy: (session) => (busy.get(session) ?? 0) > 0,
    async finish() {
      finishing = true;
      await Promise.all(underWay);
    },
  };
}

const tooManyAtOnce = (): AppError =>
  new AppError('RATE_LIMITED', { message: 'Too many events at once.', retryAfterSeconds: 1 });

/** Every socket is in a room of its own, and one who is signed in in their user's. */
const featureRooms = (socket: Socket, { userId }: SocketSession): number =>
  socket.rooms.size - (userId === undefined ? 1 : 2);
