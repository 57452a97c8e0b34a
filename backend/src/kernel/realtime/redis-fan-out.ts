import { setTimeout as wait } from 'node:timers/promises';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import type { Namespace, Server } from 'socket.io';
import type { Redis } from '../redis/index.ts';
import type { FanOut, FanOutHealth } from './fan-out.ts';
import type { SessionStore, StoredSession } from './recovery.ts';

/** How long own sockets wait for Redis to give a message its place in the stream, by which a client says what it has. */
const publishTimeoutMs = 1_000;
const restoreTimeoutMs = 1_000;
/** Readers notice within this that they are to end. */
const readBlockMs = 500;

/** The inner parts of the adapter that are taken hold of here; its types keep them to themselves. */
interface AdapterParts {
  doPublish(message: unknown): Promise<string>;
  restoreSession(pid: string, offset: string): Promise<StoredSession | null>;
}

/** Between processes by a Redis stream, with what a returning client missed. */
export function redisFanOut(io: Server, redis: Redis, health: FanOutHealth): FanOut & SessionStore {
  const readers: Redis['client'][] = [];
  let restore: AdapterParts['restoreSession'] = () => Promise.resolve(null);

  /** One that keeps what it is asked until Redis is there: the adapter would ask again without any pause. */
  function reader(): Redis['client'] {
    const client = redis.client.duplicate({ disableOfflineQueue: false });
    readers.push(client);
    const disconnect = () => {
      end(client);
    };
    return quiet(client, { disconnect });
  }

  function openAdapter() {
    const create = createAdapter(quiet(redis.client, { duplicate: reader }), {
      streamName: 'bulwark:sockets',
      sessionKeyPrefix: 'bulwark:socket-session:',
      channelPrefix: 'bulwark:sockets',
      blockTimeInMs: readBlockMs,
    });
    // Socket.IO calls it with `new`, so it is no arrow function.
    return function (namespace: Namespace) {
      const adapter = create(namespace);
      const parts = adapter as unknown as AdapterParts;
      const publish = parts.doPublish.bind(adapter);
      restore = parts.restoreSession.bind(adapter);
      parts.doPublish = async (message) => {
        try {
          const offset = await redis.run(() => publish(message), publishTimeoutMs);
          health.changed(true);
          return offset;
        } catch (error) {
          health.fault(error);
          health.changed(false);
          throw error;
        }
      };
      // Socket.IO would hand out what was missed before it asks who is there. kernel/realtime/recovery does it after.
      parts.restoreSession = () => Promise.resolve(null);
      return adapter;
    };
  }

  return {
    emit(room, event, payload) {
      io.to(room).emit(event, payload);
    },
    leave(members, room) {
      io.in(members).socketsLeave(room);
    },
    async start() {
      io.adapter(openAdapter() as never);
      await redis.ping(restoreTimeoutMs).then(
        () => {
          health.changed(true);
        },
        () => {
          health.changed(false);
        },
      );
    },
    restore: (pid, offset) => redis.run(() => restore(pid, offset), restoreTimeoutMs),
    async close() {
      const ended = readers.map(
        (client) =>
          new Promise<void>((resolve) => {
            if (!client.isOpen) resolve();
            client.once('end', resolve);
          }),
      );
      await Promise.race([Promise.all(ended), wait(2 * readBlockMs, undefined, { ref: false })]);
      // Those that never reached Redis would go on trying.
      for (const client of readers) end(client);
    },
  };
}

/** The adapter ends its readers too, and the client minds being ended twice. */
function end(client: Redis['client']): void {
  if (client.isOpen) client.destroy();
}

/**
 * The client, with promises that may be left alone: the adapter drops some of them, and their rejection would end the
 * process. Whoever waits for one is told all the same.
 */
function quiet(client: Redis['client'], instead: object = {}): Redis['client'] {
  return new Proxy(client, {
    get(target, name) {
      if (Object.hasOwn(instead, name)) return Reflect.get(instead, name) as unknown;
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      return (...values: unknown[]) => {
        const result = Reflect.apply(value, target, values) as unknown;
        if (result instanceof Promise) result.catch(() => undefined);
        return result;
      };
    },
  });
}
