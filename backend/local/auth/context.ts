import type { Pool } from 'pg';
import type { ApiKeys } from './api-keys.ts';
import type { SigningKeys } from './signing-keys.ts';

/** The part of a pino logger the emulator uses. */
export interface Logger {
  error(fields: object, message: string): void;
}

/** What every endpoint is handed. */
export interface AuthContext {
  readonly pool: Pool;
  readonly apiKeys: ApiKeys;
  readonly signingKeys: SigningKeys;
  /** The `iss` of every access token: `<public url>/auth/v1`. */
  readonly issuer: string;
  readonly accessTokenTtlSeconds: number;
  readonly refreshReuseIntervalSeconds: number;
}
