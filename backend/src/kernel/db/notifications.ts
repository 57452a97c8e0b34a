import { EventEmitter, once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Pool, type ClientConfig } from 'pg';
import type { Secret } from '../config/index.ts';
import { Listener, type ListenConnection } from './listener.ts';

/** Two connections beside the pool of the requests: one that only listens, one that speaks, in order. */
export interface Notifications {
  /** A new listening connection; the one before is ended. */
  connect(): Promise<ListenConnection>;
  /** On the speaking connection. Rejects at once where too much waits already. */
  query(text: string, values?: readonly unknown[]): Promise<{ rows: unknown[] }>;
  readonly listening: boolean;
  /** Resolves when the listening connection stands, with false when the signal fires before. */
  untilListening(signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

export interface NotificationsOptions {
  applicationName: string;
  /** The others are heard and spoken to, or not any more. */
  onChange: (up: boolean) => void;
  /** A statement of the speaking connection failed: something was not said, or not read. */
  onFault: (error: unknown) => void;
}

/** A connection that does not answer for this long is taken for lost. */
const answerTimeoutMs = 2_000;
/** Whoever speaks must not fill the memory while Postgres is away. */
const maxWaiting = 5_000;
const closeDeadlineMs = 500;

/**
 * LISTEN and NOTIFY, in the shape in which `@socket.io/postgres-adapter` takes a pool of `pg`. Such a pool itself would not
 * do: a client that ends while it is checked out keeps its place for ever, and nobody notices one whose other side is gone.
 */
export function createNotifications(url: Secret, options: NotificationsOptions): Notifications {
  const config: ClientConfig = {
    connectionString: url.reveal(),
    application_name: options.applicationName,
    connectionTimeoutMillis: answerTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
  };
  // One connection, so that messages leave in the order in which they were spoken.
  const speaking = new Pool({ ...config, max: 1, idleTimeoutMillis: 0 });
  speaking.on('error', () => undefined);
  speaking.on('connect', (client) => {
    client.on('error', () => undefined);
  });
  const changes = new EventEmitter();
  let current: Listener | undefined;
  let spoken = false;
  let up = false;
  let closed = false;
  // The pool's own line gives up on whoever waits for as long as a connection may take.
  let lastTurn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let outages = 0;

  function report(): void {
    const now = spoken && current?.listening === true;
    if (closed || now === up) return;
    up = now;
    options.onChange(up);
  }

  function listeningChanged(): void {
    changes.emit('change');
    // What broke one connection has broken the other, and nobody may have noticed yet.
    if (current?.listening === true) void speak('SELECT 1').catch(() => undefined);
    else spoken = false;
    report();
  }

  async function inTurn(text: string, values: readonly unknown[]) {
    if (waiting >= maxWaiting) throw new Error('Too many messages wait already');
    const before = outages;
    const turn = lastTurn.then(async () => {
      if (before !== outages) throw new Error('Dropped with the message before it');
      try {
        return await speaking.query(text, [...values]);
      } catch (error) {
        // What waits behind it would come late and out of context: once all is well again, clients ask anew.
        outages += 1;
        throw error;
      }
    });
    lastTurn = turn.catch(() => undefined);
    waiting += 1;
    try {
      return await turn;
    } finally {
      waiting -= 1;
    }
  }

  async function speak(text: string, values: readonly unknown[] = []) {
    try {
      const result = await inTurn(text, values);
      spoken = true;
      report();
      return result;
    } catch (error) {
      spoken = false;
      report();
      if (!closed) options.onFault(error);
      throw error;
    }
  }

  return {
    async connect() {
      current?.release();
      current = new Listener(config, listeningChanged);
      await current.open();
      return current;
    },
    query: speak,
    get listening() {
      return current?.listening ?? false;
    },
    async untilListening(signal) {
      while (current?.listening !== true) {
        try {
          await once(changes, 'change', { signal });
        } catch {
          return false;
        }
      }
      return true;
    },
    async close() {
      closed = true;
      current?.release();
      await Promise.race([
        Promise.all([current?.ended, speaking.end()]),
        wait(closeDeadlineMs, undefined, { ref: false }),
      ]);
    },
  };
}
