import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Client } from 'pg';

const sslRequest = 80_877_103;
/** A server's welcome: logged in, speaks UTF-8, ready. */
const welcome = Buffer.concat([
  message('R', Buffer.from([0, 0, 0, 0])),
  message('S', Buffer.from('client_encoding\0UTF8\0')),
  message('K', Buffer.alloc(8)),
  message('Z', Buffer.from('I')),
]);

export interface TransactionPooler {
  /** Connects to the database through the pooler. */
  readonly url: string;
  /** How often a client sent something and waited for the answer. */
  roundTrips(): number;
  close(): Promise<void>;
}

/**
 * A pooler in transaction mode over a single server connection: whoever begins a transaction has the connection until
 * it ends, then the next one gets it as it is. Like Supabase's it does not clean up in between, so it shows whatever a
 * client leaves behind.
 */
export async function startTransactionPooler(databaseUrl: string): Promise<TransactionPooler> {
  const server = new Client({ connectionString: databaseUrl });
  await server.connect();
  const upstream = (server as unknown as { connection: { stream: Socket } }).connection.stream;
  upstream.removeAllListeners('data');

  const waiting: (() => void)[] = [];
  let holder: Socket | undefined;
  let roundTrips = 0;

  const acquire = async (client: Socket): Promise<void> => {
    if (holder !== undefined) await new Promise<void>((granted) => waiting.push(granted));
    holder = client;
  };
  const release = (): void => {
    holder = undefined;
    waiting.shift()?.();
  };

  onMessages(upstream, (type, whole) => {
    holder?.write(whole);
    if (type !== 'Z') return;
    roundTrips += 1;
    const idle = whole.at(-1) === 'I'.charCodeAt(0);
    if (idle) release();
    else if (holder?.destroyed === true) upstream.write(message('Q', Buffer.from('ROLLBACK\0')));
  });

  const clients = new Set<Socket>();
  const listener = createServer((client) => {
    clients.add(client);
    let lease: Promise<void> | undefined;
    client.on('error', () => undefined);
    client.on('close', () => {
      clients.delete(client);
      if (holder === client) upstream.write(message('Q', Buffer.from('ROLLBACK\0')));
    });
    onStartup(client, () => {
      onMessages(client, (type, whole) => {
        if (type === 'X') return;
        lease ??= acquire(client);
        void lease.then(() => upstream.write(whole));
        // The answer to a Query or a Sync says whether the transaction goes on.
        if (type === 'Q' || type === 'S') lease = holder === client ? lease : undefined;
      });
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(databaseUrl);
  url.port = String((listener.address() as AddressInfo).port);
  return {
    url: url.href,
    roundTrips: () => roundTrips,
    async close() {
      for (const client of clients) client.destroy();
      listener.close();
      upstream.destroy();
      await once(listener, 'close');
    },
  };
}
