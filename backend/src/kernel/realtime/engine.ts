import type { IncomingMessage, Server as NodeServer } from 'node:http';
import { Server } from 'socket.io';
import type { KernelConfig } from '../config/index.ts';
import type { Logger } from '../logging/index.ts';
import type { LoadShedder } from '../overload/index.ts';
import { rateLimitKey } from '../ratelimit/index.ts';
import type { ConnectionCaps } from './connection-caps.ts';
import { cutOff, frameLimits, type Connection } from './connection.ts';
import { originAllowed } from './handshake.ts';
import { guardInbound } from './inbound-guard.ts';
import type { Cut, RealtimeMetrics, Refusal } from './metrics.ts';
import { guardOutbound } from './outbound-guard.ts';
import { shedHandshakes } from './shed-handshakes.ts';

export interface EngineOptions {
  server: NodeServer;
  config: KernelConfig['realtime'];
  allowedOrigins: readonly string[];
  /** The client's address behind trusted proxies. */
  addressOf: (request: IncomingMessage) => string | undefined;
  shedder: LoadShedder;
  caps: ConnectionCaps;
  metrics: RealtimeMetrics;
  logger: Logger;
  /** Milliseconds for which a lost connection can be gone on from; undefined where nothing keeps what was missed. */
  recoveryMs: number | undefined;
  /** Tells the client of a flooding connection why, before it is cut off. */
  explainFlood: (connection: Connection) => void;
}

/** What Engine.IO tells of a request that became no connection: its own reason, and `allowRequest`'s. */
interface HandshakeFault {
  message: string;
  context?: { message?: string };
}

/** For the last words to leave; who goes on sending meanwhile is read and ignored. */
const lastWordsMs = 500;
const refusals: Readonly<Record<string, Refusal>> = {
  ORIGIN_NOT_ALLOWED: 'origin',
  RATE_LIMITED: 'address',
  SERVICE_UNAVAILABLE: 'full',
  'Transport unknown': 'transport',
};

/** Socket.IO with every limit that holds before anybody is known. */
export function createEngine(options: EngineOptions): Server {
  const { config, allowedOrigins, caps, metrics, logger } = options;
  const addressKey = (request: IncomingMessage) =>
    rateLimitKey(undefined, options.addressOf(request));

  const io = new Server(options.server, {
    transports: config.allowPolling ? ['websocket', 'polling'] : ['websocket'],
    maxHttpBufferSize: config.maxPayloadBytes,
    perMessageDeflate: false,
    cors: { origin: [...allowedOrigins] },
    allowRequest: (request, decide) => {
      const refusal = originAllowed(request, allowedOrigins)
        ? caps.refusal(addressKey(request))?.code
        : 'ORIGIN_NOT_ALLOWED';
      decide(refusal ?? null, refusal === undefined);
    },
    // A client that comes back is asked again who it is.
    ...(options.recoveryMs !== undefined && {
      connectionStateRecovery: {
        maxDisconnectionDuration: options.recoveryMs,
        skipMiddlewares: false,
      },
    }),
    serveClient: false,
    connectTimeout: 10_000,
  });
  limitFrames(io, config.maxPayloadBytes);
  io.engine.use(shedHandshakes(options.shedder));
  io.engine.on('connection_error', ({ message, context }: HandshakeFault) => {
    const reason = context?.message ?? message;
    metrics.refused.add({ reason: refusals[reason] ?? 'other' });
    logger.info({ reason }, 'socket handshake refused');
  });

  function cut(connection: Connection, reason: Cut): void {
    metrics.cut.add({ reason });
    logger.warn({ reason }, 'socket cut off');
    if (reason !== 'flood') {
      cutOff(connection);
      return;
    }
    options.explainFlood(connection);
    setTimeout(cutOff, lastWordsMs, connection).unref();
  }

  io.engine.on('connection', (connection: Connection) => {
    const key = addressKey(connection.request);
    // Many handshakes at once have all passed the first look.
    if (caps.refusal(key) !== undefined) {
      metrics.refused.add({ reason: 'address' });
      connection.close(true);
      return;
    }
    caps.opened(connection, key);
    guardInbound(connection, config, (breach) => {
      cut(connection, breach);
    });
    guardOutbound(connection, config.maxBacklogBytes, () => {
      cut(connection, 'slow-consumer');
    });
  });
  return io;
}

/** Engine.IO passes the largest message on to `ws` and no other limit, and makes a new `ws` server whenever it listens. */
function limitFrames(io: Server, maxPayloadBytes: number): void {
  const { opts } = io.engine as unknown as {
    opts: { wsEngine: new (options: object) => object };
  };
  const limits = frameLimits(maxPayloadBytes);
  opts.wsEngine = class extends opts.wsEngine {
    constructor(options: object) {
      super({ ...options, ...limits });
    }
  };
}
