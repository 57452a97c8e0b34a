import type { Server as NodeServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { Server, type Socket } from 'socket.io';
import type { Authenticator, Caller, SessionLiveness } from '../auth/index.ts';
import type { KernelConfig } from '../config/index.ts';
import { AppError, validated } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import type { RateLimiter } from '../ratelimit/index.ts';
import { Joi, shape } from '../schema/index.ts';
import { socketEventFaults } from './declarations.ts';
import { answer, dispatchEvent } from './dispatch.ts';
import type { SocketEvent } from './event.ts';
import { identifySocket, originAllowed } from './handshake.ts';
import { expiresAt, SocketSession } from './session.ts';

/** What features may do with sockets from outside an event: speak to rooms, and take someone out of one. */
export interface Realtime {
  emit(room: string, event: string, payload: unknown): void;
  /** On all of the user's devices. */
  removeFromRoom(userId: string, room: string): void;
  emptyRoom(room: string): void;
}

export interface RealtimeServer extends Realtime {
  /** Registers the events; throws where a declaration is incomplete. Call it before listening. */
  serve(events: readonly SocketEvent[]): void;
  /** Ends every connection so that clients connect again by themselves. */
  close(): Promise<void>;
}

export interface RealtimeOptions {
  server: NodeServer;
  config: KernelConfig['realtime'];
  allowedOrigins: readonly string[];
  authenticator: Authenticator;
  liveness: SessionLiveness;
  rateLimiter: RateLimiter;
  logger: Logger;
}

const refreshPayload = shape({ token: Joi.string().max(8192) }).required();
const userRoom = (userId: string) => `user:${userId}`;

export function createRealtime(options: RealtimeOptions): RealtimeServer {
  const { config, allowedOrigins, authenticator, liveness, rateLimiter, logger } = options;
  const io = new Server(options.server, {
    transports: config.allowPolling ? ['websocket', 'polling'] : ['websocket'],
    maxHttpBufferSize: config.maxPayloadBytes,
    cors: { origin: [...allowedOrigins] },
    allowRequest: (request, decide) => {
      decide(null, originAllowed(request, allowedOrigins));
    },
    serveClient: false,
    connectTimeout: 10_000,
  });

  function welcome(socket: Socket, events: readonly SocketEvent[]): void {
    const caller = (socket.data as { caller: Caller }).caller;
    const session = new SocketSession(socket, caller, {
      authenticator,
      liveness,
      expiryWarningMs: config.expiryWarningMs,
    });
    // Without a listener an 'error' event would end the process.
    socket.on('error', (error) => {
      logger.warn({ err: error }, 'socket error');
    });
    for (const event of events) {
      socket.on(
        event.name,
        dispatchEvent(socket, session, event, { authenticator, rateLimiter, logger }),
      );
    }
    const known = new Set([...events.map(({ name }) => name), 'auth:refresh']);
    const handle = (
      event: string,
      values: unknown[],
      work: (payload: unknown) => Promise<unknown>,
    ) => void answer(values, { event, requestId: randomUUID(), logger }, work);
    socket.on('auth:refresh', (...values: unknown[]) => {
      handle('auth:refresh', values, async (payload) => {
        const { token } = validated(refreshPayload, payload, 'payload');
        return { expiresAt: expiresAt(await session.refresh(token)) };
      });
    });
    socket.onAny((name: string, ...values: unknown[]) => {
      if (known.has(name)) return;
      handle('unknown', values, () =>
        Promise.reject(new AppError('NOT_FOUND', { message: 'No such event.' })),
      );
    });
    if (caller.kind === 'user') {
      void socket.join(userRoom(caller.userId));
      socket.emit('connected', { userId: caller.userId, expiresAt: expiresAt(caller) });
    } else {
      socket.emit('connected', { userId: null, expiresAt: null });
    }
  }

  return {
    serve(events) {
      const faults = socketEventFaults(events);
      if (faults.length > 0)
        throw new Error(`Socket events are not fully declared:\n${faults.join('\n')}`);
      const allowAnonymous = events.some(({ auth }) => auth === 'public');
      io.use(identifySocket(authenticator, allowAnonymous, logger));
      io.on('connection', (socket) => {
        welcome(socket, events);
      });
    },
    emit(room, event, payload) {
      io.to(room).emit(event, payload);
    },
    removeFromRoom(userId, room) {
      io.in(userRoom(userId)).socketsLeave(room);
    },
    emptyRoom(room) {
      io.in(room).socketsLeave(room);
    },
    async close() {
      await io.close();
    },
  };
}
