import type { Secret } from './secret.ts';

export type Environment = 'development' | 'test' | 'staging' | 'production';

/** What the kernel is configured with: the typed, frozen view of its environment keys. Durations are milliseconds. */
export interface KernelConfig {
  environment: Environment;
  log: { level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent' };
  http: {
    host: string;
    port: number;
    /** Exact origins that browsers may call from, over HTTP and sockets. */
    allowedOrigins: readonly string[];
    /** Express's `trust proxy`: a hop count or a list of addresses and CIDR ranges; false trusts nobody. */
    trustProxy: false | number | readonly string[];
    bodyLimitBytes: number;
    requestTimeoutMs: number;
    headersTimeoutMs: number;
    keepAliveTimeoutMs: number;
  };
  database: {
    url: Secret;
    poolMax: number;
    acquireTimeoutMs: number;
    statementTimeoutMs: number;
    lockTimeoutMs: number;
  };
  auth: {
    supabaseUrl: string;
    anonKey: Secret;
    serviceRoleKey: Secret;
    /** The only accepted `iss`. */
    issuer: string;
    /** The only accepted `aud`. */
    audience: string;
    jwksUrl: string;
    /** At most one JWKS fetch in this time, whatever unknown key ids arrive. */
    jwksCooldownMs: number;
    jwksTimeoutMs: number;
    /** HS256 tokens are accepted only when this is on. */
    hs256: { kind: 'off' } | { kind: 'on'; secret: Secret };
    /** Whether a token's session and user must still live in the `auth` tables, and how often that is looked up. */
    sessionCheck: { kind: 'off' } | { kind: 'on'; intervalMs: number };
  };
  realtime: {
    maxPayloadBytes: number;
    /** `auth:expiring` is sent this long before the token's `exp`. */
    expiryWarningMs: number;
    /** HTTP long-polling needs sticky sessions, so it is off by default. */
    allowPolling: boolean;
  };
  lifecycle: {
    /** How long a stopping server still accepts, answering `Connection: close`. */
    drainMs: number;
    /** After this the process ends whatever is unfinished. */
    shutdownTimeoutMs: number;
  };
}
