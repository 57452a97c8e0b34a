import { Client, type ClientConfig, type Notification } from 'pg';

/** What `@socket.io/postgres-adapter` asks of the client that it listens on. */
export interface ListenConnection {
  on(event: 'notification', heard: (notification: Notification) => unknown): void;
  on(event: 'end', ended: () => void): void;
  removeAllListeners(event: 'end'): void;
  query(listen: string): Promise<void>;
  release(): void;
}

const askIntervalMs = 2_000;
/** Also tells a transaction pooler, behind which nobody listens for long. */
const whetherItListens = 'SELECT FROM pg_listening_channels() LIMIT 1';

/** One listening connection, from its start to its end. It ends by itself when its other side is silent. */
export class Listener implements ListenConnection {
  readonly #client: Client;
  readonly #changed: () => void;
  #question: NodeJS.Timeout | undefined;
  /** What is heard is handled one after the other, also where a message has to be fetched first. */
  #handled: Promise<unknown> = Promise.resolve();
  #whenEnded: (() => void)[] = [];
  #listening = false;
  readonly ended: Promise<void>;

  constructor(config: ClientConfig, changed: () => void) {
    this.#client = new Client(config);
    this.#changed = changed;
    this.#client.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.#client.once('end', () => {
        clearTimeout(this.#question);
        if (this.#listening) {
          this.#listening = false;
          changed();
        }
        for (const tell of this.#whenEnded) tell();
        resolve();
      });
    });
  }

  get listening(): boolean {
    return this.#listening;
  }

  async open(): Promise<void> {
    await this.#client.connect();
  }

  on(event: 'notification' | 'end', listener: (notification: Notification) => unknown): void {
    if (event === 'end') {
      this.#whenEnded.push(listener as () => void);
      return;
    }
    this.#client.on('notification', (notification) => {
      this.#handled = this.#handled.then(() => listener(notification)).catch(() => undefined);
    });
  }

  removeAllListeners(_event: 'end'): void {
    this.#whenEnded = [];
  }

  async query(listen: string): Promise<void> {
    try {
      await this.#client.query(listen);
    } catch (error) {
      this.release();
      throw error;
    }
    if (this.#listening) return;
    this.#listening = true;
    this.#askLater();
    this.#changed();
  }

  /** With a question open, `pg` ends the connection without a word, which a silent other side would not answer. */
  release(): void {
    clearTimeout(this.#question);
    void this.#client.end().catch(() => undefined);
  }

  #askLater(): void {
    this.#question = setTimeout(() => {
      this.#client.query(whetherItListens).then(
        ({ rowCount }) => {
          if (rowCount === 1) this.#askLater();
          else this.release();
        },
        () => {
          this.release();
        },
      );
    }, askIntervalMs);
  }
}
