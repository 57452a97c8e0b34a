import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';

/** One client of the pool, and what happened to it. */
export interface PoolSocket {
  readonly socket: Socket;
  readonly index: number;
  connects: number;
  /** Why its connections ended. */
  readonly disconnects: string[];
  /** Refusals and failed attempts. */
  readonly refusals: string[];
  /** Milliseconds from each loss of the connection until it was back and had entered its rooms. */
  readonly backMs: number[];
  /** Whether it is connected and in its rooms. */
  ready: boolean;
}

export interface SocketPoolOptions {
  url: string;
  count: number;
  /** The access token of this client; asked for at each attempt. */
  token: (index: number) => string;
  /** Enters its rooms; runs after each `connected` of the server, and counts into the time to be back. */
  enter?: (socket: Socket, index: number) => Promise<void>;
  /** Beyond what the client does by itself, which is to reconnect after 0.5 to 1.5 s. */
  client?: Partial<ManagerOptions & SocketOptions>;
}

export interface SocketPool {
  readonly sockets: readonly PoolSocket[];
  /** Resolves when each of them is connected and in its rooms. */
  ready(): Promise<void>;
  close(): void;
}

/** Unmodified socket.io clients over WebSocket. Resolves when each is connected for the first time. */
export async function openSockets(options: SocketPoolOptions): Promise<SocketPool> {
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const wake of waiting) wake();
  };
  const sockets = Array.from({ length: options.count }, (_, index) =>
    open(options, index, changed),
  );
  const ready = () =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!sockets.every((one) => one.ready)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  await ready();
  return {
    sockets,
    ready,
    close() {
      for (const { socket } of sockets) socket.disconnect();
    },
  };
}

function open(options: SocketPoolOptions, index: number, changed: () => void): PoolSocket {
  const socket = io(options.url, {
    transports: ['websocket'],
    forceNew: true,
    auth: (give) => {
      give({ token: options.token(index) });
    },
    ...options.client,
  });
  const one: PoolSocket = {
    socket,
    index,
    connects: 0,
    disconnects: [],
    refusals: [],
    backMs: [],
    ready: false,
  };
  let lostAt: number | undefined;
  const enter = async () => {
    await options.enter?.(socket, index);
    if (!socket.connected) return;
    if (lostAt !== undefined) one.backMs.push(performance.now() - lostAt);
    lostAt = undefined;
    one.ready = true;
    changed();
  };
  socket.on('connected', () => {
    one.connects += 1;
    enter().catch((error: unknown) => {
      one.refusals.push(error instanceof Error ? error.message : String(error));
    });
  });
  socket.on('connect_error', (error) => {
    one.refusals.push(error.message);
  });
  socket.on('disconnect', (reason) => {
    lostAt ??= performance.now();
    one.ready = false;
    one.disconnects.push(reason);
  });
  return one;
}
