import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { Pool } from 'pg';
import { loadApiKeys } from './api-keys.ts';
import type { Logger } from './context.ts';
import { applyAuthSchema } from './database.ts';
import { createRouter } from './router.ts';
import { createSigningKeys, ensureSigningKey, rotateSigningKeys } from './signing-keys.ts';

export interface AuthIssuerOptions {
  /** A database with Supabase's roles, and a role in the URL that may create schemas. */
  readonly databaseUrl: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** What clients call it by, without `/auth/v1`; default `http://<host>:<port>`. */
  readonly publicUrl?: string;
  /** Default 3600. */
  readonly accessTokenTtlSeconds?: number;
  /** How long a swapped refresh token still yields the active one. Default 0: never. */
  readonly refreshReuseIntervalSeconds?: number;
  readonly logger?: Logger;
}

export interface AuthIssuer {
  /** What supabase-js is given as the project's URL. */
  readonly url: string;
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  /** Signs with a new key from now on; returns its kid. */
  rotateKeys(): Promise<string>;
  /** Lets running requests end for a second, then closes everything. */
  close(): Promise<void>;
}

const closeGraceMilliseconds = 1_000;
const connectionTimeoutMillis = 10_000;

/** Starts the emulator; rejects where the database is out of reach or the port taken (EADDRINUSE). */
export async function startAuthIssuer(options: AuthIssuerOptions): Promise<AuthIssuer> {
  const { host = '127.0.0.1', logger } = options;
  const pool = new Pool({ connectionString: options.databaseUrl, max: 5, connectionTimeoutMillis });
  pool.on('error', (error) => logger?.error({ error: error.name }, 'idle connection lost'));
  const server = createServer();
  try {
    await applyAuthSchema(pool);
    await ensureSigningKey(pool);
    const apiKeys = await loadApiKeys(pool);
    const port = await listen(server, options.port, host);
    const url = (options.publicUrl ?? `http://${host}:${port}`).replace(/\/+$/, '');
    const context = {
      pool,
      apiKeys,
      signingKeys: createSigningKeys(pool),
      issuer: `${url}/auth/v1`,
      accessTokenTtlSeconds: options.accessTokenTtlSeconds ?? 3600,
      refreshReuseIntervalSeconds: options.refreshReuseIntervalSeconds ?? 0,
    };
    server.on('request', createRouter(context, logger));
    return {
      url,
      ...apiKeys,
      rotateKeys: () => rotateSigningKeys(pool),
      async close() {
        await closeServer(server);
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No TCP port was opened');
  return address.port;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, closeGraceMilliseconds);
  server.close();
  await closed;
  clearTimeout(timer);
}
