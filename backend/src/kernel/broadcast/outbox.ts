import { setTimeout as wait } from 'node:timers/promises';

interface Way {
  send(batch: readonly string[]): Promise<void>;
  sent(count: number): void;
  dropped(count: number): void;
}

interface Message {
  text: string;
  /** 0 where it only says how far this process has spoken. */
  counts: 0 | 1;
}

const mostWaiting = 1_000;
const mostAtOnce = 100;
const againAfterMs = 1_000;
const closeDeadlineMs = 500;

/**
 * What this process has yet to say to the others, numbered. What cannot be sent is dropped: late, it would be taken for new.
 * The others see by the numbers that something is missing, at the latest when the line carries again.
 */
export class Outbox {
  readonly #origin: string;
  readonly #way: Way;
  #count = 0;
  #waiting: Message[] = [];
  #sending: Promise<void> | undefined;
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(origin: string, way: Way) {
    this.#origin = origin;
    this.#way = way;
  }

  /** `payload` is JSON. */
  add(topic: string, payload: string): void {
    this.#count += 1;
    const topicText = JSON.stringify(topic);
    this.#push(`{"o":"${this.#origin}","n":${this.#count},"t":${topicText},"p":${payload}}`, 1);
  }

  /** Something was not to be sent, and the others have to know that it is missing. */
  skip(): void {
    this.#count += 1;
    this.#way.dropped(1);
    this.sayWhere();
  }

  sayWhere(): void {
    this.#push(`{"o":"${this.#origin}","n":${this.#count}}`, 0);
  }

  #push(text: string, counts: Message['counts']): void {
    if (this.#closed) return;
    this.#waiting.push({ text, counts });
    if (this.#waiting.length > mostWaiting) this.#way.dropped(this.#waiting.shift()?.counts ?? 0);
    this.#sending ??= this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    // What is said in one turn goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, mostAtOnce);
      try {
        await this.#way.send(batch.map(({ text }) => text));
        this.#way.sent(total(batch));
      } catch {
        this.#way.dropped(total(batch) + total(this.#waiting));
        this.#waiting = [];
        this.#sayWhereLater();
      }
    }
    this.#sending = undefined;
  }

  #sayWhereLater(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      this.sayWhere();
    }, againAfterMs).unref();
  }

  /** What waits is still sent, if it can be at once. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#again);
    await Promise.race([this.#sending, wait(closeDeadlineMs, undefined, { ref: false })]);
    clearTimeout(this.#again);
  }
}

const total = (messages: readonly Message[]): number =>
  messages.reduce((sum, { counts }) => sum + counts, 0);
