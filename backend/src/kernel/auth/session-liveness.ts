import { LRUCache } from 'lru-cache';
import type { KernelConfig } from '../config/index.ts';
import type { Database } from '../db/index.ts';
import { AppError } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Claims } from './caller.ts';
import { subjectKey, type Standing, type Subject } from './session-standing.ts';
import { StandingLookup, type Finding } from './standing-lookup.ts';

const mostSessions = 10_000;
/** A session that nobody used for so long leaves the sweep. */
const idleMs = 60_000;
/** How long the last finding holds while the database cannot be asked. */
const graceMs = 60_000;
const shortestSweepMs = 250;
/** How late a sweep may be before a request asks by itself. */
const sweepAllowanceMs = 2_000;

type OnEnded = (error: AppError) => void;

/** Whether the session behind a verified token still stands. */
export interface SessionLiveness {
  /**
   * Rejects with SESSION_REVOKED (logged out, expired or user deleted), USER_BANNED, or AUTH_UNAVAILABLE.
   *
   * A session that is in use is looked up every `sessionCheck.intervalMs`, all of them in one query, and a request takes the
   * last finding; a session met for the first time is looked up at once. While the `auth` tables cannot be read, findings hold
   * for a minute more, then, and for unknown sessions at once, the answer is AUTH_UNAVAILABLE.
   */
  assertLive(claims: Claims): Promise<void>;
  /** Whether `assertLive` would pass by what is known already, without waiting. */
  isKnownLive(claims: Claims): boolean;
  /**
   * Calls `onEnded` once when the session is found to have ended; not because the database is out of reach. Returns the disposer.
   */
  watch(claims: Claims, onEnded: OnEnded): () => void;
  close(): void;
}

/** `clock` gives milliseconds and never goes back. */
export function createSessionLiveness(options: {
  database: Database;
  config: Pick<KernelConfig['auth'], 'sessionCheck'>;
  logger: Logger;
  clock?: () => number;
}): SessionLiveness {
  const { sessionCheck } = options.config;
  if (sessionCheck.kind === 'off') return unchecked;
  return new SweptSessions({ ...options, intervalMs: sessionCheck.intervalMs });
}

const unchecked: SessionLiveness = {
  assertLive: () => Promise.resolve(),
  isKnownLive: () => true,
  watch: () => () => undefined,
  close: () => undefined,
};

interface Known extends Finding {
  subject: Subject;
  usedAt: number;
}

interface Watched {
  subject: Subject;
  listeners: Set<OnEnded>;
}

class SweptSessions implements SessionLiveness {
  readonly #lookup: StandingLookup;
  readonly #logger: Logger;
  readonly #clock: () => number;
  readonly #trustedMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #known = new LRUCache<string, Known>({ max: mostSessions });
  readonly #watched = new Map<string, Watched>();
  #readable = true;
  #sweeping = false;

  constructor(options: {
    database: Database;
    logger: Logger;
    clock?: () => number;
    intervalMs: number;
  }) {
    const { database, logger, intervalMs, clock = () => performance.now() } = options;
    this.#lookup = new StandingLookup(database, clock);
    this.#logger = logger;
    this.#clock = clock;
    this.#trustedMs = intervalMs + Math.min(intervalMs, sweepAllowanceMs);
    const sweep = (): void => {
      void this.#sweep();
    };
    this.#timer = setInterval(sweep, Math.max(intervalMs, shortestSweepMs)).unref();
  }

  async assertLive(claims: Claims): Promise<void> {
    const subject = subjectOf(claims);
    const known = this.#known.get(subjectKey(subject));
    requireLive(
      known !== undefined && this.#trusts(known)
        ? known.standing
        : await this.#standingOf(subject, known),
    );
  }

  isKnownLive(claims: Claims): boolean {
    const known = this.#known.get(subjectKey(subjectOf(claims)));
    return known?.standing === 'live' && this.#trusts(known);
  }

  /** Says that it is in use, too. While the tables cannot be read the sweep goes on trying, and nobody waits for it. */
  #trusts(known: Known): boolean {
    const now = this.#clock();
    known.usedAt = now;
    return now - known.askedAt <= (this.#readable ? this.#trustedMs : graceMs);
  }

  watch(claims: Claims, onEnded: OnEnded): () => void {
    const subject = subjectOf(claims);
    const key = subjectKey(subject);
    const watched = this.#watched.get(key) ?? { subject, listeners: new Set() };
    // One function may watch twice; each has its own entry.
    const listener: OnEnded = (error) => {
      onEnded(error);
    };
    watched.listeners.add(listener);
    this.#watched.set(key, watched);
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size === 0 && this.#watched.get(key) === watched) {
        this.#watched.delete(key);
      }
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watched.clear();
    this.#known.clear();
  }

  async #standingOf(subject: Subject, known: Known | undefined): Promise<Standing> {
    try {
      const finding = await this.#find(subject);
      this.#known.set(subjectKey(subject), { ...finding, subject, usedAt: this.#clock() });
      return finding.standing;
    } catch (cause) {
      if (known && this.#clock() - known.askedAt <= graceMs) return known.standing;
      throw new AppError('AUTH_UNAVAILABLE', { cause });
    }
  }

  /** Never rejects: a database out of reach ends nobody's session. */
  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    await Promise.allSettled(this.#inUse().map((subject) => this.#find(subject)));
    this.#sweeping = false;
  }

  #inUse(): Subject[] {
    const subjects = new Map<string, Subject>();
    for (const [key, { subject }] of this.#watched) subjects.set(key, subject);
    const idleSince = this.#clock() - idleMs;
    for (const [key, { subject, usedAt }] of this.#known.entries()) {
      if (usedAt >= idleSince) subjects.set(key, subject);
    }
    return [...subjects.values()];
  }

  async #find(subject: Subject): Promise<Finding> {
    try {
      const finding = await this.#lookup.find(subject);
      this.#report(true);
      this.#apply(subjectKey(subject), finding);
      return finding;
    } catch (error) {
      this.#report(false, error);
      throw error;
    }
  }

  #apply(key: string, finding: Finding): void {
    const known = this.#known.peek(key);
    if (known !== undefined) Object.assign(known, finding);
    const watched = this.#watched.get(key);
    if (watched === undefined || finding.standing === 'live') return;
    this.#watched.delete(key);
    const error = endedError(finding.standing);
    for (const listener of watched.listeners) this.#tell(listener, error);
  }

  #tell(listener: OnEnded, error: AppError): void {
    try {
      listener(error);
    } catch (thrown) {
      this.#logger.error({ err: thrown }, 'A watcher of an ended session failed');
    }
  }

  #report(readable: boolean, error?: unknown): void {
    if (readable === this.#readable) return;
    this.#readable = readable;
    if (readable) this.#logger.info('Sessions can be checked again');
    else this.#logger.warn({ err: error }, 'Sessions cannot be checked');
  }
}

function subjectOf({ sub, sessionId }: Claims): Subject {
  return { userId: sub, sessionId };
}

function requireLive(standing: Standing): void {
  if (standing !== 'live') throw endedError(standing);
}

function endedError(standing: Exclude<Standing, 'live'>): AppError {
  return new AppError(standing === 'banned' ? 'USER_BANNED' : 'SESSION_REVOKED');
}
