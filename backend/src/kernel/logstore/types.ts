/** From the least severe to the most. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One stored line. */
export interface LogRow {
  /** Digits. Rows are numbered in the order in which they came to be seen, over all processes. */
  id: string;
  /** When it was logged. */
  at: Date;
  level: LogLevel;
  message: string;
  requestId: string | null;
  /** What else the line has, as the scrubber left it: `pid`, `userId`, `err` and what was logged with it. */
  fields: Readonly<Record<string, unknown>>;
}

export interface LogQuery {
  /** This one and the more severe ones. */
  level?: LogLevel | undefined;
  /** Stands in the message or the fields, whatever its case. */
  text?: string | undefined;
  requestId?: string | undefined;
  /** Older than the row of this id. */
  before?: string | undefined;
  /** Newer than the row of this id, the oldest of them first to be found: for a live tail, which so misses none. */
  after?: string | undefined;
  /** 1 to 500. */
  limit: number;
}

export interface LogPage {
  /** Newest first. */
  rows: LogRow[];
  /**
   * Where to go on in the same direction, as `before` or `after`; null where nothing more is there. A search for a text ends
   * after some time: then a page is short, or empty, and still has a `next`.
   */
  next: string | null;
}

/** What the operator looks for in the stored lines. */
export interface LogSearch {
  /** Rejects with what the database rejects with. */
  search(query: LogQuery): Promise<LogPage>;
}
