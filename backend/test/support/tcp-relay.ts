import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpRelay {
  /** The target's URL with the relay's address. */
  readonly url: string;
  /** From now on nothing is passed on in either direction, and nothing is closed: a half-open network. */
  swallow(): void;
  /** New connections are passed on again as they come; those that were swallowed stay silent. */
  recover(): void;
  /** Existing connections are reset as soon as the client sends something. */
  resetOnNextWrite(): void;
  /** Existing connections are reset now. */
  reset(): void;
  /** New connections are reset at once, as by a host where nothing listens. */
  refuse(): void;
  /** What new connections carry arrives this much later, in both directions. */
  delay(milliseconds: number): void;
  /** New connections are reset once this much has come from the server. */
  cutAfter(bytes: number): void;
  /** How many connections are open. */
  connections(): number;
  /** Resolves when no connection is open. */
  unused(): Promise<void>;
  close(): Promise<void>;
}

type Mode =
  | { kind: 'pass' | 'swallow' | 'reset' | 'refuse' }
  | { kind: 'delay'; milliseconds: number }
  | { kind: 'cut'; bytes: number };

interface Pair {
  client: Socket;
  server: Socket;
  mode: Mode;
  /** From the server. */
  passedBytes: number;
}

/** A network between a client and a server that fails on command. */
export async function startTcpRelay(targetUrl: string): Promise<TcpRelay> {
  const target = new URL(targetUrl);
  const pairs = new Set<Pair>();
  const changes = new EventEmitter();
  let mode: Mode = { kind: 'pass' };
  const listener = createServer((client) => {
    if (mode.kind === 'refuse') {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const server = connect(Number(target.port), target.hostname);
    const pair: Pair = { client, server, mode, passedBytes: 0 };
    pairs.add(pair);
    client.on('data', (chunk) => {
      if (pair.mode.kind === 'reset') client.resetAndDestroy();
      else pass(pair.mode, chunk, server);
    });
    server.on('data', (chunk) => {
      const whole = fromServer(pair, chunk);
      pass(pair.mode, whole, client);
      if (whole.length < chunk.length) client.end(() => client.resetAndDestroy());
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
      mode = { kind: 'swallow' };
      for (const pair of pairs) pair.mode = mode;
    },
    recover() {
      mode = { kind: 'pass' };
    },
    resetOnNextWrite() {
      for (const pair of pairs) pair.mode = { kind: 'reset' };
    },
    reset() {
      for (const { client } of pairs) client.resetAndDestroy();
    },
    refuse() {
      mode = { kind: 'refuse' };
    },
    delay(milliseconds) {
      mode = { kind: 'delay', milliseconds };
    },
    cutAfter(bytes) {
      mode = { kind: 'cut', bytes };
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

/** What of it still comes through. */
function fromServer(pair: Pair, chunk: Buffer): Buffer {
  if (pair.mode.kind !== 'cut') return chunk;
  const rest = Math.max(0, pair.mode.bytes - pair.passedBytes);
  pair.passedBytes += chunk.length;
  return chunk.subarray(0, rest);
}

/** Equal delays keep their order. */
function pass(mode: Mode, chunk: Buffer, to: Socket): void {
  if (mode.kind === 'pass' || mode.kind === 'cut') to.write(chunk);
  if (mode.kind !== 'delay') return;
  setTimeout(() => {
    if (!to.destroyed) to.write(chunk);
  }, mode.milliseconds);
}
