import type { Transaction } from '../db/index.ts';

/** What somebody is about to do. */
export interface AuditEntry {
  /** The user's id; null where no user stands behind it. */
  actorId: string | null;
  /** `<what>.<verb>`, such as `jobs.redrive`. */
  action: string;
  /** What it is done to: a name or an id, at most 300 characters. */
  target: string;
  /** Whatever else explains it. Scrubbed before it is stored. */
  details?: Readonly<Record<string, unknown>>;
  requestId: string;
}

/** An entry as it is read: how it went is `unknown` while the effect is under way, and where its process died. */
export interface AuditRecord {
  id: string;
  at: Date;
  actorId: string | null;
  action: string;
  target: string;
  details: Record<string, unknown>;
  requestId: string;
  outcome: 'succeeded' | 'failed' | 'unknown';
  /** The code of the error where it failed. */
  errorCode: string | null;
  /** What came of it, such as `{ count: 3 }`. */
  result: Record<string, unknown>;
}

export interface AuditFilter {
  /** At most this many, newest first. */
  limit: number;
  /** `next` of the page before. */
  cursor?: string | undefined;
  actorId?: string | undefined;
  /** A whole action, or its beginning up to a dot: `jobs.redrive`, `jobs`. */
  action?: string | undefined;
}

/** Who did what, readable by administrators; nobody can change it. */
export interface Audit {
  /**
   * Writes the entry, does the work, writes how it went. Rejects with nothing done where the entry cannot be written; what
   * the work rejects with comes back as it is. `resultOf` tells what came of it.
   */
  around<T>(
    entry: AuditEntry,
    work: () => Promise<T>,
    resultOf?: (value: T) => Readonly<Record<string, unknown>>,
  ): Promise<T>;
  /** For an effect in a transaction of its own: both happen or neither. */
  record(tx: Transaction, entry: AuditEntry): Promise<void>;
  list(filter: AuditFilter): Promise<{ entries: AuditRecord[]; next: string | null }>;
}
