import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Client } from 'pg';

export interface TransactionPooler {
  /** Connects to the database through the pooler. */
  readonly url: string;
  /** How often a client has sent something and had its answer. */
  roundTrips(): number;
  close(): Promise<void>;
}

/**
 * A pooler in transaction mode with a single server connection: whoever begins a transaction has the connection until it
 * ends, then the next one gets it just as it is. Like Supabase's it does not clean up in between, so it shows whatever a
 * client leaves behind.
 */
export async function startTransactionPooler(databaseUrl: string): Promise<TransactionPooler> {
  const server = new Client({ connectionString: databaseUrl });
  await server.connect();
  const upstream = (server as unknown as { connection: { stream: Socket } }).connection.stream;
  upstream.removeAllListeners('data');
  const clients = new Map<Socket, Buffer[]>();
  const waiting = new Set<Socket>();
  let holder: Socket | undefined;
  let unanswered = 0;
  let roundTrips = 0;

  function forward(message: Buffer): void {
    upstream.write(message);
    if (typeOf(message) === 'Q' || typeOf(message) === 'S') unanswered += 1;
  }

  function grant(): void {
    const [next] = waiting;
    if (holder !== undefined || next === undefined) return;
    waiting.delete(next);
    holder = next;
    clients.get(next)?.splice(0).forEach(forward);
  }

  readMessages(upstream, (message) => {
    holder?.write(message);
    if (typeOf(message) !== 'Z') return;
    unanswered -= 1;
    roundTrips += 1;
    if (unanswered > 0 || message.at(-1) !== 'I'.charCodeAt(0)) return;
    holder = undefined;
    grant();
  });

  const listener = createServer((client) => {
    clients.set(client, []);
    client.on('error', () => undefined);
    client.on('close', () => {
      clients.delete(client);
      waiting.delete(client);
      if (holder === client) forward(messageOf('Q', 'ROLLBACK\0'));
    });
    client.once('data', () => {
      // The startup message: the server connection is logged in already.
      client.write(welcome);
      readMessages(client, (message) => {
        if (typeOf(message) === 'X') client.end();
        else if (holder === client) forward(message);
        else {
          clients.get(client)?.push(message);
          waiting.add(client);
          grant();
        }
      });
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((listener.address() as AddressInfo).port);
  return {
    url: url.href,
    roundTrips: () => roundTrips,
    async close() {
      for (const client of clients.keys()) client.destroy();
      listener.close();
      await once(listener, 'close');
      await server.end();
    },
  };
}

/** One letter, the length of the rest including itself, the rest. */
function messageOf(type: string, body: string): Buffer {
  const message = Buffer.alloc(5 + Buffer.byteLength(body));
  message.write(type, 0);
  message.writeInt32BE(message.length - 1, 1);
  message.write(body, 5);
  return message;
}

function typeOf(message: Buffer): string {
  return String.fromCharCode(message[0] ?? 0);
}

function readMessages(socket: Socket, onMessage: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = rest.readInt32BE(1) + 1;
      onMessage(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
}

/** What a server says to a client that has logged in. */
const welcome = Buffer.concat([
  messageOf('R', '\0\0\0\0'),
  messageOf('S', 'client_encoding\0UTF8\0'),
  messageOf('K', '\0\0\0\0\0\0\0\0'),
  messageOf('Z', 'I'),
]);
