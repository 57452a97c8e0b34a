import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';
import { Allowance } from './allowance.ts';
import { severityOf, storable, storeLines } from './stored-lines.ts';
import { logLevels, type LogLevel } from './types.ts';

const warn = logLevels.indexOf('warn');
/** How long a line waits at most before it is on its way. */
const intervalMs = 250;
const linesInBatch = 1_000;
/** Characters that wait in memory. The upper half is for warnings and what is worse. */
const mostWaiting = 4 * 1024 ** 2;
const retryAfterMs = 1_000;
/** How often it is said that lines were left out. */
const sayEveryMs = 60_000;

export interface LogWriterOptions {
  level: LogLevel;
  linesPerSecond: number;
  db: Database;
  logger: Logger;
}

/** Takes lines at once and stores them behind whoever logs: in batches, in order, one statement at a time. */
export class LogWriter {
  readonly #db: Database;
  readonly #logger: Logger;
  readonly #least: number;
  readonly #allowance: Allowance;
  /** Of its own, so that what it says of itself belongs to no request. */
  readonly #timer = setInterval(() => {
    this.#turn();
  }, intervalMs).unref();
  #lines: string[] = [];
  #size = 0;
  #underWay: Promise<void> | undefined;
  #retryAt = 0;
  /** Since when nothing can be stored. */
  #downSince: number | undefined;
  #said = { leftOut: 0, at: -Infinity };
  #droppedBefore = 0;

  /** Lines so far: in the table; left out for being too many; lost, because memory was full or Postgres refused them. */
  stored = 0;
  leftOut = 0;
  dropped = 0;

  constructor({ level, linesPerSecond, db, logger }: LogWriterOptions) {
    this.#db = db;
    this.#logger = logger;
    this.#least = logLevels.indexOf(level);
    this.#allowance = new Allowance(linesPerSecond);
  }

  get waiting(): number {
    return this.#lines.length;
  }

  /** Costs whoever logs a few tests and a push. */
  take(line: string): void {
    const severity = severityOf(line);
    if (severity < this.#least) return;
    const severe = severity >= warn;
    if (!severe && !this.#allowance.take()) {
      this.leftOut += 1;
      return;
    }
    const stored = storable(line);
    if (this.#size + stored.length > (severe ? mostWaiting : mostWaiting / 2)) {
      this.dropped += 1;
      return;
    }
    this.#lines.push(stored);
    this.#size += stored.length;
  }

  #turn(): void {
    const now = performance.now();
    this.#sayWhatIsLeftOut(now);
    if (now >= this.#retryAt) void this.#store();
  }

  /** All that waits; resolves when that is done, or cannot be. */
  #store(): Promise<void> {
    return (this.#underWay ??= this.#storeBatches().finally(() => {
      this.#underWay = undefined;
    }));
  }

  async #storeBatches(): Promise<void> {
    while (this.#lines.length > 0) {
      const batch = this.#lines.slice(0, linesInBatch);
      try {
        const refused = await storeLines(this.#db, batch);
        this.stored += batch.length - refused;
        this.dropped += refused;
      } catch (error) {
        this.#retryAt = performance.now() + retryAfterMs;
        this.#wentDown(error);
        return;
      }
      this.#lines.splice(0, batch.length);
      for (const line of batch) this.#size -= line.length;
      this.#cameUp();
    }
  }

  #wentDown(error: unknown): void {
    if (this.#downSince !== undefined) return;
    this.#downSince = performance.now();
    this.#droppedBefore = this.dropped;
    this.#logger.warn({ err: error }, 'Log lines cannot be stored');
  }

  #cameUp(): void {
    if (this.#downSince === undefined) return;
    const durationMs = Math.round(performance.now() - this.#downSince);
    this.#downSince = undefined;
    const dropped = this.dropped - this.#droppedBefore;
    this.#logger.warn({ durationMs, dropped }, 'Log lines are stored again');
  }

  #sayWhatIsLeftOut(now: number): void {
    const lines = this.leftOut - this.#said.leftOut;
    if (lines === 0 || now - this.#said.at < sayEveryMs) return;
    this.#said = { leftOut: this.leftOut, at: now };
    this.#logger.warn({ lines }, 'Log lines were left out of the store: too many a second');
  }

  /** Stores what waits, as far as that goes in the time. */
  async close(graceMs: number): Promise<void> {
    clearInterval(this.#timer);
    const timer = new AbortController();
    const rest = (async () => {
      await this.#underWay;
      await this.#store();
    })();
    await Promise.race([
      rest,
      wait(graceMs, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
    this.dropped += this.#lines.length;
    this.#lines = [];
  }
}
