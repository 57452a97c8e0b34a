import type { Infer, Schema } from '../schema/index.ts';

/** What is to be known about a provider, an upstream that we call. Durations are milliseconds. */
export interface ProviderDefinition {
  /** A label of metrics and what clients are told: lower case letters, digits and dashes. */
  name: string;
  /** Where paths are appended to, such as `https://api.example.com/v1`. From the settings, never from input. */
  baseUrl: string;
  /** With every request, such as the API key. Never logged, and never sent to another origin. */
  headers?: () => Record<string, string>;
  /** For a whole call: its tries, the pauses between them and the wait for a place. Default 15 000. */
  deadlineMs?: number;
  /** The same where somebody waits for the answer. Default 5 000. */
  interactiveDeadlineMs?: number;
  /** For one try. Default half of the deadline, so that a silent provider leaves time for another. */
  attemptMs?: number;
  /** Tries of one call, at most. Default 5. */
  attempts?: number;
  /** Between the tries: about so long at first, then growing at random up to the longest. Default 200 and 5 000. */
  pauseMs?: { first?: number; longest?: number };
  /** Requests of this process under way at once. Default 10. */
  concurrency?: number;
  /** Calls that may wait for a place; more are refused at once. Default 100. */
  queue?: number;
  breaker?: {
    /** So many failed tries in a row open it. Default 5. */
    failures?: number;
    /** After this one try is let through. Default 120 000. */
    openMs?: number;
  };
  /** Of a response, decompressed. Default 1 MiB. */
  maxBytes?: number;
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface CallOptions {
  /** Somebody waits for the answer, so the shorter deadline is the one that counts. */
  interactive?: boolean;
  /** Gives the call up; it then rejects with the signal's reason, and nobody is blamed. */
  signal?: AbortSignal;
}

export interface JsonRequest<S extends Schema> extends CallOptions {
  /** Default GET. */
  method?: Method;
  /** Begins with a slash; whoever puts input into it encodes it. */
  path: string;
  /** What is undefined is left out. */
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as a form instead, `application/x-www-form-urlencoded`. */
  form?: Readonly<Record<string, string>>;
  /** For logs, in place of method and path, where the path holds a secret. */
  operation?: string;
  /** Of the answer's body. Keys that it does not name are dropped. */
  schema: S;
  /** The same request twice has the effect of one: it may be tried again. Always so for GET, HEAD, PUT and DELETE. */
  idempotent?: boolean;
  /** Sent as `Idempotency-Key` with every try, and so a POST may be tried again. */
  idempotencyKey?: string;
}

export interface JsonResponse<T> {
  status: number;
  /** Names in lower case; of a name that came several times the values are joined by commas. */
  headers: ReadonlyMap<string, string>;
  body: T;
}

/** One try of a call. */
export interface Attempt {
  /** Fires at the try's or the call's deadline, or when the caller gives up. */
  signal: AbortSignal;
  /** From 1. */
  number: number;
  /** What a request carries on: request id and trace context. */
  headers: Readonly<Record<string, string>>;
}

export interface RunOptions extends CallOptions {
  /** The work may be tried again. Default false. */
  idempotent?: boolean;
  /** What was asked, for spans and logs, such as `chat.completions`. */
  operation?: string;
}

/** What a provider says about how often it may still be asked. */
export interface Quota {
  limit?: number;
  remaining: number;
  resetsAt?: Date;
}

/**
 * A provider behind its policy. Rejects with AppError, whose `provider` is its name:
 * - UPSTREAM_UNAVAILABLE (503): it failed, or its breaker is open, or too many calls wait. With Retry-After.
 * - UPSTREAM_TIMEOUT (504): the deadline passed.
 * - UPSTREAM_RATE_LIMITED (503): it asked for a pause (429), or its quota is used up. With Retry-After.
 * - UPSTREAM_INVALID_RESPONSE (502): what came is no JSON, does not fit the schema, is too big or leads elsewhere.
 * - UPSTREAM_REJECTED (502): it refused the request (4xx); `upstreamStatus(error)` says how.
 */
export interface Provider {
  readonly name: string;
  fetchJson<S extends Schema>(request: JsonRequest<S>): Promise<JsonResponse<Infer<S>>>;
  /**
   * The same policy around a library's own call. An error with a `status` or `statusCode` is judged by it, any other is a
   * failure of the provider. Give `signal` to the library; where it ignores it, the deadline holds all the same.
   */
  run<T>(work: (attempt: Attempt) => Promise<T>, options?: RunOptions): Promise<T>;
  /** Told after an answer. With nothing remaining, nobody is asked before `resetsAt`. */
  noteQuota(quota: Quota): void;
}

export interface InputFetchOptions {
  signal?: AbortSignal;
  /** For everything: names, redirects, body. Default 10 000. */
  deadlineMs?: number;
  /** Of the body. Default 5 MiB. */
  maxBytes?: number;
  /** How to call the value in VALIDATION_FAILED. Default `url`. */
  field?: string;
  /** Such as `image/*`; sent as Accept. */
  accept?: string;
}

export interface InputResponse {
  status: number;
  headers: ReadonlyMap<string, string>;
  body: Buffer;
  /** Where the redirects have led. */
  url: string;
}

export interface Providers {
  /** Once for each provider, when the server is put together. Throws where the definition is wrong or the name taken. */
  create(definition: ProviderDefinition): Provider;
  /**
   * GET of a URL that comes from input. Only http(s) on its usual port, and only to addresses of the public internet: names
   * are resolved once and the connection goes to what was checked, redirects (3 at most) are checked again. Whatever
   * status comes is handed on. Rejects with VALIDATION_FAILED for a URL that leads elsewhere, else as a provider does.
   */
  fetchFromInput(url: string, options?: InputFetchOptions): Promise<InputResponse>;
}

export type BreakerStateName = 'closed' | 'open' | 'half-open';

/** What an operator sees. Times are Date, durations milliseconds. */
export interface ProviderState {
  name: string;
  /** Agreed over all processes. `half-open`: one try is under way to see whether it is well again. */
  breaker: BreakerStateName;
  openedAt: Date | null;
  /** When the next try is let through, while it is open. */
  retryAt: Date | null;
  /** It asked for a pause until then, or its quota is used up. */
  pausedUntil: Date | null;
  /** Failed tries in a row, of this process. */
  consecutiveFailures: number;
  /** Of all processes, since the table was made. */
  openings: number;
  /** Without secrets and personal data. */
  lastError: string | null;
  /** Of the last five minutes, over the tries of all processes. */
  latencyMs: { p50: number; p95: number; p99: number } | null;
  calls: number;
  failures: number;
  inFlight: number;
  waiting: number;
  quota: { limit: number | null; remaining: number; resetsAt: Date | null } | null;
}

export interface ProvidersAdmin {
  list(): Promise<ProviderState[]>;
  /** Closes the breaker and ends a pause, in every process. False where no provider has the name. */
  reset(name: string): Promise<boolean>;
}
