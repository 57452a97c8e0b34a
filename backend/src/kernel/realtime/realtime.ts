import type { IncomingMessage, Server as NodeServer } from 'node:http';
import type { Socket } from 'socket.io';
import type { Authenticator, SessionLiveness, UserCaller } from '../auth/index.ts';
import type { KernelConfig, Secret } from '../config/index.ts';
import type { Entitlements } from '../entitlements/index.ts';
import { AppError } from '../errors/index.ts';
import { runWithLogContext, type Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { LoadShedder } from '../overload/index.ts';
import type { RateLimiter } from '../ratelimit/index.ts';
import type { Redis } from '../redis/index.ts';
import type { ErrorReporter, Tracing } from '../telemetry/index.ts';
import { createConnectionCaps } from './connection-caps.ts';
import type { Connection } from './connection.ts';
import { socketEventFaults } from './declarations.ts';
import { createDispatcher } from './dispatch.ts';
import { createEngine } from './engine.ts';
import type { SocketEvent } from './event.ts';
import { createFanOut } from './carrier.ts';
import { admitSocket, identityOf } from './handshake.ts';
import { realtimeMetrics } from './metrics.ts';
import { refreshEvent, unknownEvent, withRequiredPayload } from './own-events.ts';
import { createRecovery, leaveClosedRooms, resume, userRoom, type RoomRule } from './recovery.ts';
import { expiresAt, SocketSession } from './session.ts';
import { createSessionsAdmin, type SessionsAdmin } from './sessions-admin.ts';

/** What features may do with sockets from outside an event: speak to rooms, and take someone out of one. */
export interface Realtime {
  emit(room: string, event: string, payload: unknown): void;
  /** To all of the user's sockets, of every process. */
  emitToUser(userId: string, event: string, payload: unknown): void;
  /** On all of the user's devices. */
  removeFromRoom(userId: string, room: string): void;
  emptyRoom(room: string): void;
  /** To the sockets of this process alone, for what every process hears and tells its own of. */
  emitHere(room: string, event: string, payload: unknown): void;
  /** Whether a socket of this process is in the room. */
  hasMembersHere(room: string): boolean;
}

export interface RealtimeServer extends Realtime {
  readonly admin: SessionsAdmin;
  /** Registers the events; throws where a declaration is incomplete. Call it before listening. */
  serve(events: readonly SocketEvent[], rooms?: readonly RoomRule[]): void;
  /** Connects to the other processes. Never rejects; the signal ends the wait for them. */
  start(signal: AbortSignal): Promise<void>;
  /**
   * Ends each connection as soon as nothing of it is under way, so that its client is with another process while this one
   * still finishes its work. For where another process takes new connections already.
   */
  handOver(): void;
  /** Refuses new events and resolves once those under way are acknowledged. */
  finishEvents(): Promise<void>;
  /** Ends every connection so that clients connect again by themselves. Resolves when the HTTP server has closed too. */
  close(): Promise<void>;
}

export interface RealtimeOptions {
  server: NodeServer;
  config: KernelConfig['realtime'];
  /** This process among those of the server. */
  processId: string;
  allowedOrigins: readonly string[];
  /** The client's address behind trusted proxies. */
  addressOf: (request: IncomingMessage) => string | undefined;
  authenticator: Authenticator;
  liveness: SessionLiveness;
  rateLimiter: RateLimiter;
  entitlements: Pick<Entitlements, 'require'>;
  shedder: LoadShedder;
  tracing: Tracing;
  metrics: Metrics;
  /** What carries messages between the processes; see CarrierOptions. */
  redis: Redis | undefined;
  listenUrl: Secret | undefined;
  reporter: ErrorReporter;
  logger: Logger;
}

/** Expired sockets end at most this much after `exp`. */
const timeCheckMs = 500;
/** What is not up in this time comes up later: sockets of one process do without. */
const connectPatienceMs = 5_000;
/** How long a client may be away and miss nothing. */
const recoveryMs = 120_000;
/** How often it is looked whether a busy connection can be handed over. */
const handOverMs = 50;

export function createRealtime(options: RealtimeOptions): RealtimeServer {
  const { config, logger } = options;
  const caps = createConnectionCaps(config);
  const sessions = new Set<SocketSession>();
  const metrics = realtimeMetrics(options.metrics, {
    sockets: () => sessions.size,
    connections: () => caps.size,
  });
  const sessionOf = new WeakMap<Connection, SocketSession>();
  let timeCheck: NodeJS.Timeout | undefined;
  let handingOver: NodeJS.Timeout | undefined;
  const dispatcher = createDispatcher({ ...options, metrics });
  const io = createEngine({
    ...options,
    caps,
    metrics,
    recoveryMs: config.fanOut && options.redis !== undefined ? recoveryMs : undefined,
    explainFlood: (connection) => {
      const session = sessionOf.get(connection);
      if (session === undefined) connection.close();
      else session.end(new AppError('RATE_LIMITED', { retryAfterSeconds: 30 }), 'socket:ended');
    },
  });

  const fanOut = createFanOut(io, options);
  const admin = createSessionsAdmin({
    io,
    processId: options.processId,
    sessions,
    others: async () => (await io.of('/').adapter.serverCount()) - 1,
  });

  /** One timer for all, and none without sockets. */
  function track(session: SocketSession): void {
    sessions.add(session);
    timeCheck ??= setInterval(() => {
      for (const each of sessions) each.checkTime();
    }, timeCheckMs);
  }

  function forget(session: SocketSession): void {
    sessions.delete(session);
    if (sessions.size > 0) return;
    clearInterval(timeCheck);
    timeCheck = undefined;
  }

  function welcome(
    socket: Socket,
    events: readonly SocketEvent[],
    rooms: readonly RoomRule[],
  ): void {
    const identity = identityOf(socket);
    const session = new SocketSession(socket, identity, {
      ...options,
      expiryWarningMs: config.expiryWarningMs,
    });
    const { userId } = session;
    const context = { requestId: socket.id, ...(userId === undefined ? {} : { userId }) };
    const connectedAt = performance.now();
    const log = (fields: object, message: string) => {
      runWithLogContext(context, () => {
        logger.info(fields, message);
      });
    };

    sessionOf.set(socket.conn, session);
    track(session);
    log({}, 'socket connected');
    socket.on('disconnect', (reason) => {
      forget(session);
      sessionOf.delete(socket.conn);
      // One socket a connection: without it there is nobody behind the connection any more.
      socket.conn.close();
      const durationMs = Math.round(performance.now() - connectedAt);
      log({ reason, code: session.endedBy, durationMs }, 'socket disconnected');
    });
    // Without a listener an 'error' event would end the process. A client can also send one of that name, with anything in it.
    socket.on('error', (error: unknown) => {
      if (error instanceof Error) log({ err: error }, 'socket error');
    });

    let { role } = session;
    const renewed = async (caller: UserCaller) => {
      if (caller.role === role) return;
      ({ role } = caller);
      await leaveClosedRooms(socket, caller, rooms);
    };
    const served = [...events, refreshEvent(session, renewed)];
    for (const event of served) {
      socket.on(event.name, (...values: unknown[]) => {
        dispatcher.run(event, socket, session, values);
      });
    }
    const names = new Set(served.map(({ name }) => name));
    socket.onAny((name: string, ...values: unknown[]) => {
      if (!names.has(name)) dispatcher.run(unknownEvent, socket, session, values);
    });

    if (userId !== undefined) void socket.join(userRoom(userId));
    session.tell('connected', { userId: userId ?? null, expiresAt: expiresAt(identity.caller) });
    if (identity.recovered !== undefined) resume(socket, identity.recovered);
  }

  return {
    admin,
    serve(events, rooms = []) {
      const faults = socketEventFaults(events);
      if (faults.length > 0)
        throw new Error(`Socket events are not fully declared:\n${faults.join('\n')}`);
      const served = events.map(withRequiredPayload);
      io.use(
        admitSocket({
          ...options,
          caps,
          metrics,
          recover: createRecovery(fanOut, rooms),
          allowAnonymous: events.some(({ auth }) => auth === 'public'),
        }),
      );
      io.on('connection', (socket) => {
        welcome(socket, served, rooms);
      });
    },
    start: (signal) =>
      fanOut.start(AbortSignal.any([signal, AbortSignal.timeout(connectPatienceMs)])),
    emit(room, event, payload) {
      fanOut.emit(room, event, payload);
    },
    emitToUser(userId, event, payload) {
      fanOut.emit(userRoom(userId), event, payload);
    },
    removeFromRoom(userId, room) {
      fanOut.leave(userRoom(userId), room);
    },
    emptyRoom(room) {
      fanOut.leave(room, room);
    },
    emitHere(room, event, payload) {
      io.local.to(room).emit(event, payload);
    },
    hasMembersHere: (room) => io.of('/').adapter.rooms.has(room),
    handOver() {
      const release = () => {
        for (const session of sessions) if (!dispatcher.isBusy(session)) session.release();
      };
      handingOver ??= setInterval(release, handOverMs);
      release();
    },
    finishEvents: () => dispatcher.finish(),
    async close() {
      clearInterval(handingOver);
      await io.close();
      await fanOut.close();
    },
  };
}
