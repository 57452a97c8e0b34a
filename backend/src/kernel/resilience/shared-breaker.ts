import type { Logger } from '../logging/index.ts';
import type { BreakerBoard, BreakerRow, Written } from './breaker-board.ts';
import type { BreakerStateName } from './types.ts';

/** With what right a try is made. */
export type Pass = 'ordinary' | 'probe';
/** What a try says about the provider: `neutral` where it was given up by us. */
export type Verdict = 'success' | 'failure' | 'neutral';

type Phase =
  | { kind: 'closed' }
  /** `dueAt`, as every other moment here, by the clock of `performance.now()`. */
  | { kind: 'open'; dueAt: number }
  /** One try is under way, here or in another process. If nothing is heard of it by then, another one is let through. */
  | { kind: 'half-open'; until: number };

/** What the other processes have not been told yet. */
type Unsaid =
  | { kind: 'opened'; counted: boolean }
  | { kind: 'reopened'; error: string | null }
  | { kind: 'closed' };

export interface SharedBreakerOptions {
  name: string;
  /** So many failures in a row open it. */
  failures: number;
  openMs: number;
  /** How long a probe may take before it is given up for lost. */
  leaseMs: number;
  /** This process. */
  who: string;
  board: BreakerBoard;
  logger: Logger;
  /** Says to the other processes what the row is now. */
  announce(row: BreakerRow): void;
  /** It opened, and this process was the first to see that. */
  opened(): void;
}

/** Whoever meets a try that is under way is told to come back after this. */
const comeBackMs = 1_000;

/**
 * A breaker that all processes agree on. Each counts the failures that it sees; what one of them opens or closes is written
 * to a table and announced, and the one try of the half-open state is taken by a statement that only one process can win.
 * Nobody waits for the table but whoever makes that try. While the table cannot be reached each process decides alone, and
 * says later what it has decided.
 */
export class SharedBreaker {
  readonly #options: SharedBreakerOptions;
  #phase: Phase = { kind: 'closed' };
  #revision = 0;
  #claiming = false;
  #unsaid: Unsaid | undefined;
  #saying: Promise<void> | undefined;
  #pausedUntil = 0;
  #pauseUnsaid = false;
  openedAt: Date | null = null;
  openings = 0;
  consecutiveFailures = 0;
  lastError: string | null = null;

  constructor(options: SharedBreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerStateName {
    return this.#phase.kind;
  }

  /** Milliseconds until a try may be made; undefined where one may be made now. Costs nothing. */
  refusal(): number | undefined {
    if (this.#phase.kind === 'closed') return undefined;
    const now = performance.now();
    if (this.#phase.kind === 'open' && this.#phase.dueAt > now) return this.#phase.dueAt - now;
    if (this.#phase.kind === 'half-open' && this.#phase.until > now) return comeBackMs;
    return this.#claiming ? comeBackMs : undefined;
  }

  /** Milliseconds for which the provider is not to be asked at all, because it said so. */
  pausedForMs(): number {
    return Math.max(0, this.#pausedUntil - performance.now());
  }

  /** Lets a try through, or not (undefined). Whoever gets a pass settles it. */
  admit(): Pass | undefined | Promise<Pass | undefined> {
    if (this.#phase.kind === 'closed') return 'ordinary';
    return this.refusal() === undefined ? this.#claim() : undefined;
  }

  async #claim(): Promise<Pass | undefined> {
    const { name, who, leaseMs, board } = this.#options;
    this.#claiming = true;
    try {
      // The others have to know that it is open before one of them may ask for the try.
      await this.#say();
      const row = await board.claim(name, who, leaseMs);
      if (row === undefined) this.#toClosed();
      else this.#take(row);
      if (row?.mine === true) return 'probe';
      return this.state === 'closed' ? 'ordinary' : undefined;
    } catch {
      this.#phase = { kind: 'half-open', until: performance.now() + leaseMs };
      return 'probe';
    } finally {
      this.#claiming = false;
    }
  }

  settle(pass: Pass, verdict: Verdict, error: string | null = null): void {
    if (verdict === 'failure') {
      this.consecutiveFailures += 1;
      this.lastError = error;
    }
    if (pass === 'probe') this.#settleProbe(verdict, error);
    else if (this.#phase.kind === 'closed') {
      if (verdict === 'success') this.consecutiveFailures = 0;
      else if (this.consecutiveFailures >= this.#options.failures) this.#open();
    }
  }

  #settleProbe(verdict: Verdict, error: string | null): void {
    // A reset came while it was under way, or it took so long that somebody else tries now.
    if (this.#phase.kind !== 'half-open') return;
    if (verdict === 'success') {
      this.#toClosed();
      this.#options.logger.info({ provider: this.#options.name }, 'A provider is well again');
      this.#unsaid = { kind: 'closed' };
    } else {
      const inMs = verdict === 'failure' ? this.#options.openMs : 0;
      this.#phase = { kind: 'open', dueAt: performance.now() + inMs };
      this.#unsaid = { kind: 'reopened', error };
    }
    void this.#say();
  }

  #open(): void {
    const { name, openMs, logger } = this.#options;
    this.#phase = { kind: 'open', dueAt: performance.now() + openMs };
    this.openedAt = new Date();
    const unsaid = { kind: 'opened', counted: false } as const satisfies Unsaid;
    this.#unsaid = unsaid;
    logger.warn(
      { provider: name, failures: this.consecutiveFailures, reason: this.lastError, openMs },
      'A provider fails, and is not asked for a while',
    );
    void this.#say().then(() => {
      if (this.#unsaid !== unsaid) return;
      this.#unsaid = { ...unsaid, counted: true };
      this.#options.opened();
    });
  }

  #toClosed(): void {
    this.#phase = { kind: 'closed' };
    this.openedAt = null;
    this.consecutiveFailures = 0;
  }

  /** The provider is not asked for so long, by any process. */
  pause(milliseconds: number): void {
    const until = performance.now() + milliseconds;
    if (until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    this.#pauseUnsaid = true;
    void this.#say();
  }

  /** By an operator, for all processes. Rejects when the table cannot be reached; then nothing has changed. */
  async reset(): Promise<void> {
    // What is being said just now, such as that it opened, must not come after the reset.
    await this.#say();
    const row = await this.#options.board.reset(this.#options.name);
    this.#unsaid = undefined;
    this.#pauseUnsaid = false;
    if (row === undefined) return;
    this.#take(row);
    this.consecutiveFailures = 0;
    this.#options.announce(row);
  }

  /** What another process has announced, or the table says; undefined where it has no row. */
  learn(row: BreakerRow | undefined): void {
    if (row !== undefined) this.#take(row);
    // The row was there and is gone.
    else if (this.#revision > 0 && this.#unsaid === undefined) {
      this.#revision = 0;
      this.#toClosed();
    }
  }

  /** Says what could not be said before. */
  catchUp(): Promise<void> {
    return this.#say();
  }

  #take(row: BreakerRow): void {
    // What was decided here is said first; the answer tells what has become of it.
    if (row.revision <= this.#revision || this.#unsaid !== undefined) return;
    this.#revision = row.revision;
    const now = performance.now();
    this.openings = row.openings;
    this.lastError = row.lastError ?? this.lastError;
    if (!this.#pauseUnsaid) this.#pausedUntil = now + Math.max(0, row.pausedForMs ?? 0);
    if (row.openedAt === null) {
      if (this.#phase.kind !== 'closed') this.#toClosed();
      return;
    }
    this.openedAt = new Date(row.openedAt);
    this.#phase =
      row.probe !== null && (row.probeForMs ?? 0) > 0
        ? { kind: 'half-open', until: now + (row.probeForMs ?? 0) }
        : { kind: 'open', dueAt: now + (row.dueInMs ?? 0) };
  }

  /** One at a time, so that what is decided later is said later. Never rejects. */
  #say(): Promise<void> {
    return (this.#saying ??= this.#sayAll().finally(() => {
      this.#saying = undefined;
    }));
  }

  async #sayAll(): Promise<void> {
    const { name, board, announce } = this.#options;
    try {
      while (this.#unsaid !== undefined || this.#pauseUnsaid) {
        const unsaid = this.#unsaid;
        const row =
          unsaid === undefined
            ? await board.pause(name, this.pausedForMs())
            : await this.#write(unsaid);
        // Something else may have been decided meanwhile, such as by an operator.
        if (unsaid === undefined) this.#pauseUnsaid = false;
        else if (this.#unsaid === unsaid) this.#unsaid = undefined;
        if (row === undefined) continue;
        if (row.mine && unsaid?.kind === 'opened' && !unsaid.counted) this.#options.opened();
        this.#take(row);
        if (row.mine) announce(row);
      }
    } catch {
      // The database is away: each process decides alone until `catchUp`.
    }
  }

  async #write(unsaid: Unsaid): Promise<Written | undefined> {
    const { name, who, openMs, board } = this.#options;
    const error = this.lastError ?? 'no answer';
    const leftMs = this.#phase.kind === 'open' ? this.#phase.dueAt - performance.now() : 0;
    switch (unsaid.kind) {
      case 'opened':
        return board.open(name, Math.max(0, Math.min(leftMs, openMs)), error);
      case 'closed':
        return board.close(name, who, this.#revision);
      case 'reopened': {
        const inMs = Math.max(0, leftMs);
        const row = await board.reopen(name, who, this.#revision, inMs, unsaid.error);
        // Whoever opened it could not say so.
        return row ?? board.open(name, inMs, error);
      }
    }
  }
}
