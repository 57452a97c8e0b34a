import type { Secret } from './secret.ts';
import type { TrustProxy } from './trust-proxy.ts';

export const environments = ['development', 'test', 'staging', 'production'] as const;
/** What a request costs us, and so how often one caller may send it. Every route and socket event names its tier. */
export type RateLimitTier = 'public' | 'signed-in' | 'auth-sensitive' | 'expensive' | 'webhook';

export type Environment = (typeof environments)[number];

/** What the kernel is configured with: the typed, frozen view of its environment keys. Durations are milliseconds. */
export interface KernelConfig {
  readonly environment: Environment;
  readonly log: {
    readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  };
  /** Whether log lines are stored in the database besides. */
  readonly logStore:
    | { readonly kind: 'off' }
    | {
        readonly kind: 'on';
        /** The least severe line that is stored. */
        readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
        /** Of lines below `warn`, in one process, over time. */
        readonly linesPerSecond: number;
        readonly days: number;
        readonly maxRows: number;
      };
  readonly privacy: {
    /** Further names of fields whose values are never shown. */
    readonly names: readonly string[];
  };
  readonly http: {
    readonly host: string;
    /** 0 takes any free port. */
    readonly port: number;
    /** Exact origins that browsers may call from, over HTTP and sockets. */
    readonly allowedOrigins: readonly string[];
    /** Express's `trust proxy`: a hop count or a list of addresses and CIDR ranges; false trusts nobody. */
    readonly trustProxy: TrustProxy;
    readonly bodyLimitBytes: number;
    readonly requestTimeoutMs: number;
    readonly headersTimeoutMs: number;
    readonly keepAliveTimeoutMs: number;
    /** From its first byte until its client has taken all of an answer. */
    readonly responseTimeoutMs: number;
    readonly maxConnections: number;
    /** Whether the console is served under /admin. */
    readonly console: boolean;
  };
  readonly database: {
    readonly url: Secret;
    /** Where LISTEN works; undefined where only a transaction pooler is known. */
    readonly listenUrl: Secret | undefined;
    /** Whether Postgres keeps the plans of reads. */
    readonly prepareReads: boolean;
    readonly poolMax: number;
    readonly acquireTimeoutMs: number;
    readonly statementTimeoutMs: number;
    readonly lockTimeoutMs: number;
  };
  /** What carries state between processes; Postgres does where it is off. */
  readonly redis: { readonly kind: 'off' } | { readonly kind: 'on'; readonly url: Secret };
  readonly auth: {
    readonly supabaseUrl: string;
    readonly anonKey: Secret;
    readonly serviceRoleKey: Secret;
    /** The only accepted `iss`. */
    readonly issuer: string;
    /** The only accepted `aud`. */
    readonly audience: string;
    readonly jwksUrl: string;
    /** The algorithms accepted with keys of the JWKS; empty where only HS256 is on. */
    readonly jwksAlgorithms: readonly ('ES256' | 'RS256')[];
    /** At most one JWKS fetch in this time, whatever unknown key ids arrive. */
    readonly jwksCooldownMs: number;
    readonly jwksTimeoutMs: number;
    /** HS256 tokens are accepted only when this is on. */
    readonly hs256: { readonly kind: 'off' } | { readonly kind: 'on'; readonly secret: Secret };
    /** Whether a token's session and user must still live in the `auth` tables, and how often that is looked up. */
    readonly sessionCheck:
      { readonly kind: 'off' } | { readonly kind: 'on'; readonly intervalMs: number };
  };
  readonly ratelimit: {
    /** Requests and events a minute of one caller, by tier. */
    readonly perMinute: Readonly<Record<RateLimitTier, number>>;
  };
  readonly idempotency: {
    /** How long an answer is kept for repetitions of its request. */
    readonly retentionMs: number;
  };
  readonly cache: {
    /** What the memory of one process holds at most. */
    readonly memoryBytes: number;
    readonly memoryEntries: number;
  };
  readonly overload: {
    /** Three turns of the event loop in a row that come so late are an overload. */
    readonly eventLoopDelayMs: number;
    /** Requests and socket events at work at once. */
    readonly maxInFlight: number;
  };
  readonly realtime: {
    /** Whether sockets of the server's other processes are reached. */
    readonly fanOut: boolean;
    readonly maxPayloadBytes: number;
    /** Binary parts of one message. */
    readonly maxAttachments: number;
    /** Of one socket, over time; a burst may have four times as many. */
    readonly packetsPerSecond: number;
    readonly maxEventsUnderWay: number;
    readonly maxRooms: number;
    /** What may wait in memory for one client to read it. */
    readonly maxBacklogBytes: number;
    /** Sockets of this process: all, of one user, from one address. */
    readonly maxConnections: number;
    readonly maxPerUser: number;
    readonly maxPerAddress: number;
    /** `auth:expiring` is sent this long before the token's `exp`. */
    readonly expiryWarningMs: number;
    /** HTTP long-polling needs sticky sessions, so it is off by default. */
    readonly allowPolling: boolean;
  };
  readonly metrics:
    | { readonly kind: 'off' }
    | {
        readonly kind: 'on';
        readonly host: string;
        /** 0 takes any free port. */
        readonly port: number;
        /** Anyone who reaches the port may read without it. */
        readonly token: Secret | undefined;
      };
  readonly tracing:
    | { readonly kind: 'off' }
    | {
        readonly kind: 'on';
        /** Takes OTLP as JSON. */
        readonly endpoint: string;
        /** `name=value,name=value`. */
        readonly headers: Secret | undefined;
        readonly serviceName: string;
        /** Share of the traces begun here that are recorded, 0 to 1. */
        readonly ratio: number;
      };
  readonly jobs: {
    /** Whether the API process also does jobs. */
    readonly inline: boolean;
    readonly pollMs: number;
  };
  readonly webhooks: {
    /** The longest that is read. */
    readonly limitBytes: number;
    readonly retentionDays: number;
  };
  readonly entitlements: {
    /** How long a process remembers what a user may use. */
    readonly freshMs: number;
  };
  /** Where errors are reported. */
  readonly sentry:
    | { readonly kind: 'off' }
    | {
        readonly kind: 'on';
        readonly dsn: Secret;
        /** For the hashes of user ids; without one, hashes of one process compare with each other only. */
        readonly userSalt: Secret | undefined;
        /** 0 to 1. */
        readonly tracesSampleRate: number;
        readonly release: string | undefined;
      };
  /** The stand-in for providers, told how to behave through its control API. Never in staging or production. */
  readonly sandbox: { readonly kind: 'off' } | { readonly kind: 'on'; readonly url: string };
  readonly lifecycle: {
    /** How long a stopping server still accepts, answering `Connection: close`. */
    readonly drainMs: number;
    /** After this the process ends whatever is unfinished. */
    readonly shutdownTimeoutMs: number;
  };
}
