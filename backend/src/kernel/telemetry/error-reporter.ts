/** What is known of an error besides itself. Never input: no body, no query, no address. */
export interface Circumstances {
  kind: 'request' | 'socket' | 'job' | 'process' | 'startup';
  /** The AppError's code, or what happened: `uncaughtException`. */
  code: string;
  /** The route's template with its method, or the name of an event or job. */
  route?: string | undefined;
  /** The upstream that failed. */
  provider?: string | undefined;
  requestId?: string | undefined;
  userId?: string | undefined;
  /** 32 hexadecimal digits of W3C trace context. */
  traceId?: string | undefined;
}

/** A piece of work that has ended, for the statistics of durations. */
export interface FinishedWork {
  kind: 'request' | 'socket';
  /** As in `Circumstances`. */
  route: string;
  durationMs: number;
  /** As HTTP has it. */
  status: number;
  traceId?: string | undefined;
}

/** How many reports were sent, and why others were not. */
export type ReportOutcome = 'sent' | 'refused' | 'failed' | 'too_many' | 'scrubber_fault';

/** Tells somebody outside of errors on our side. Never throws, never waits, and holds nobody up. */
export interface ErrorReporter {
  report(error: unknown, circumstances: Circumstances): void;
  finished(work: FinishedWork): void;
  counts(): Readonly<Record<ReportOutcome, number>>;
  /** Sends what is left, for at most this long. Never rejects. */
  flush(deadlineMs: number): Promise<void>;
}

export const noCounts = (): Record<ReportOutcome, number> => ({
  sent: 0,
  refused: 0,
  failed: 0,
  too_many: 0,
  scrubber_fault: 0,
});

/** For where nobody is to be told. */
export const silentReporter: ErrorReporter = {
  report: () => undefined,
  finished: () => undefined,
  counts: noCounts,
  flush: () => Promise.resolve(),
};
