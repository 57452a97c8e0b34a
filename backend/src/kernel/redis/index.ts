import { createClient } from 'redis';
import type { Secret } from '../config/index.ts';
import { AppError } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';

const connectTimeoutMs = 2_000;
/** A connection on which nothing arrives for this long, not even the answer to a ping, is taken for lost. */
const silenceMs = 15_000;
const pingIntervalMs = 5_000;
const longestPauseMs = 1_000;

export type RedisClient = ReturnType<typeof connectionTo>;

/** The server's connection to Redis. It finds back by itself, and while it is gone nothing waits for it. */
export interface Redis {
  /**
   * For what takes a connection as it is, such as the adapter of Socket.IO. Its `duplicate()` inherits every limit, and
   * whoever makes one closes it. Commands reject at once while there is no connection.
   */
  readonly client: RedisClient;
  /**
   * Runs one command. Rejects with UPSTREAM_UNAVAILABLE: at once without a connection, after `timeoutMs` without an answer.
   * Such a connection is replaced, for nobody can say what became of it.
   */
  run<T>(command: (client: RedisClient) => Promise<T>, timeoutMs: number): Promise<T>;
  /** Rejects when Redis does not answer within `timeoutMs`. */
  ping(timeoutMs: number): Promise<void>;
  /** Begins to connect. Resolves at once: a server need not wait for its Redis. */
  start(): void;
  /** Cuts the connection; commands under way reject. */
  close(): void;
}

/** TLS follows the URL: `rediss://` checks the server's certificate (a private authority: NODE_EXTRA_CA_CERTS). */
export function createRedis(
  url: Secret,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
): Redis {
  const client = connectionTo(url);
  let reachable: boolean | undefined;
  let closed = false;

  client.on('error', (error: Error) => {
    if (client.isReady || reachable === false || closed) return;
    reachable = false;
    logger.warn({ err: error }, 'Redis is not reachable');
  });
  client.on('ready', () => {
    if (reachable === false) logger.info('Redis is reachable again');
    reachable = true;
  });
  metrics.gauge('bulwark_redis_up', 'Whether the connection to Redis stands.', () =>
    client.isReady ? 1 : 0,
  );

  function start(): void {
    // Rejects only when it is closed while it still tries.
    client.connect().catch(() => undefined);
  }

  function replaceConnection(): void {
    if (!client.isReady) return; // It is being replaced already.
    client.destroy();
    start();
  }

  const redis: Redis = {
    client,
    start,
    async ping(timeoutMs) {
      await redis.run(() => client.ping(), timeoutMs);
    },
    async run(command, timeoutMs) {
      const { promise: silence, reject } = Promise.withResolvers<never>();
      let look: NodeJS.Immediate | undefined;
      const timer = setTimeout(() => {
        // Where this process itself stood still the answer may be there, unread: one more look at the network decides.
        look = setImmediate(() => {
          reject(new Error(`Redis did not answer within ${timeoutMs} ms`));
          replaceConnection();
        });
      }, timeoutMs);
      try {
        return await Promise.race([command(client), silence]);
      } catch (cause) {
        throw new AppError('UPSTREAM_UNAVAILABLE', { cause });
      } finally {
        clearTimeout(timer);
        clearImmediate(look);
      }
    },
    close() {
      closed = true;
      if (client.isOpen) client.destroy();
    },
  };
  return redis;
}

function connectionTo(url: Secret) {
  return createClient({
    url: url.reveal(),
    name: 'bulwark-api',
    // A queue that waits for a lost server would hold requests, and send them when nobody waits any more.
    disableOfflineQueue: true,
    pingInterval: pingIntervalMs,
    socket: {
      connectTimeout: connectTimeoutMs,
      socketTimeout: silenceMs,
      // For ever, with jitter, so that many processes do not come back in one moment.
      reconnectStrategy: (retries) =>
        Math.min(50 * 2 ** Math.min(retries, 10), longestPauseMs) * (0.5 + Math.random() / 2),
    },
  });
}
