import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpRelay {
  /** The target's URL with the relay's address. */
  readonly url: string;
  /** From now on nothing is passed on in either direction, and nothing is closed: a half-open network. */
  swallow(): void;
  /** New connections are passed on again; those that were swallowed stay silent. */
  recover(): void;
  /** Existing connections are reset as soon as the client sends something. */
  resetOnNextWrite(): void;
  /** How many connections are open. */
  connections(): number;
  /** Resolves when no connection is open. */
  unused(): Promise<void>;
  close(): Promise<void>;
}

/** A network between a client and a server that fails on command. */
export async function startTcpRelay(targetUrl: string): Promise<TcpRelay> {
  const target = new URL(targetUrl);
  const pairs = new Set<{ client: Socket; server: Socket; mode: 'pass' | 'swallow' | 'reset' }>();
  const changes = new EventEmitter();
  let mode: 'pass' | 'swallow' = 'pass';
  const listener = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    const pair = { client, server, mode: mode as 'pass' | 'swallow' | 'reset' };
    pairs.add(pair);
    client.on('data', (chunk) => {
      if (pair.mode === 'pass') server.write(chunk);
      if (pair.mode === 'reset') client.resetAndDestroy();
    });
    server.on('data', (chunk) => {
      if (pair.mode === 'pass') client.write(chunk);
    });
    for (const socket of [client, server]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        changes.emit('closed');
        client.destroy();
        server.destroy();
      });
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String((listener.address() as AddressInfo).port);
  return {
    url: url.href,
    swallow() {
      mode = 'swallow';
      for (const pair of pairs) pair.mode = 'swallow';
    },
    recover() {
      mode = 'pass';
    },
    resetOnNextWrite() {
      for (const pair of pairs) pair.mode = 'reset';
    },
    connections: () => pairs.size,
    async unused() {
      while (pairs.size > 0) await once(changes, 'closed');
    },
    async close() {
      for (const { client } of pairs) client.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
