import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { io, type Socket } from 'socket.io-client';
import supertest from 'supertest';
import { startAuthIssuer, type AuthIssuer } from '../../local/auth/issuer.ts';
import type { ClonedDatabase } from '../../local/postgres/templates.ts';
import { createApp, type App } from '../../src/app.ts';
import { collectSections, configDirectory, loadConfig } from '../../src/kernel/config/index.ts';
import { createLogger, type Logger } from '../../src/kernel/logging/index.ts';
import type { Module } from '../../src/kernel/module/index.ts';
import { modules as allModules } from '../../src/modules.ts';
import { openTestDatabase } from './database.ts';

export interface TestUser {
  userId: string;
  email: string;
  password: string;
  accessToken: string;
  refreshToken: string;
  sessionId: string;
}

export interface TestApp {
  readonly url: string;
  readonly request: ReturnType<typeof supertest>;
  readonly database: ClonedDatabase;
  readonly issuer: AuthIssuer;
  /** Every line that the server logged so far, parsed. */
  readonly logLines: readonly Record<string, unknown>[];
  signUp(options?: { role?: 'admin' | 'service' }): Promise<TestUser>;
  /** Resolves on the server's `connected`; rejects with its refusal. */
  connect(accessToken?: string): Promise<Socket>;
  /** The server process is what restarts: the same database, issuer and address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestAppOptions {
  modules?: readonly Module[];
  /** Environment variables beyond those that name the stack. */
  environment?: Readonly<Record<string, string>>;
  accessTokenTtlSeconds?: number;
}

/** The real server on a database and an auth issuer of its own, on free ports. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { modules = allModules, environment = {}, accessTokenTtlSeconds } = options;
  const database = await openTestDatabase();
  const issuer = await startAuthIssuer({
    databaseUrl: database.authUrl,
    port: 0,
    ...(accessTokenTtlSeconds === undefined ? {} : { accessTokenTtlSeconds }),
  });
  const logLines: Record<string, unknown>[] = [];
  const logger = createLogger({
    level: 'debug',
    destination: { write: (line) => logLines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const sockets = new Set<Socket>();
  let port = 0;

  const launch = async (): Promise<App> => {
    const variables = {
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: database.url,
      SUPABASE_URL: issuer.url,
      SUPABASE_ANON_KEY: issuer.anonKey,
      SUPABASE_SERVICE_ROLE_KEY: issuer.serviceRoleKey,
      SHUTDOWN_DRAIN_MS: '0',
      ...environment,
    };
    const app = buildApp(variables, modules, logger);
    port = await app.start();
    return app;
  };
  let app = await launch();
  const url = `http://127.0.0.1:${port}`;

  return {
    url,
    request: supertest(url),
    database,
    issuer,
    logLines,
    signUp: ({ role } = {}) => signUp(issuer, role),
    async connect(accessToken) {
      const socket = io(url, {
        transports: ['websocket'],
        forceNew: true,
        ...(accessToken === undefined ? {} : { auth: { token: accessToken } }),
      });
      sockets.add(socket);
      await new Promise<void>((resolve, reject) => {
        socket.once('connected', () => {
          resolve();
        });
        socket.once('connect_error', reject);
      });
      return socket;
    },
    async restart() {
      await app.stop();
      app = await launch();
    },
    async stop() {
      for (const socket of sockets) socket.disconnect();
      await app.stop();
      await issuer.close();
      await database.drop();
    },
  };
}

function buildApp(
  variables: Readonly<Record<string, string>>,
  modules: readonly Module[],
  logger: Logger,
): App {
  const config = loadConfig({
    environment: variables,
    configDirectory,
    sections: collectSections(modules),
  });
  return createApp({
    config: config.kernel,
    settings: config.modules,
    modules,
    logger,
    version: 'test',
  });
}

/** A user by an unmodified supabase-js: signed up, given a role where asked, and signed in. */
async function signUp(issuer: AuthIssuer, role?: string): Promise<TestUser> {
  const client = createClient(issuer.url, issuer.anonKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const credentials = { email: `${randomUUID()}@example.test`, password: `Pw-${randomUUID()}` };
  let { data, error } = await client.auth.signUp(credentials);
  if (role !== undefined && data.user) {
    const admin = createClient(issuer.url, issuer.serviceRoleKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    await admin.auth.admin.updateUserById(data.user.id, { app_metadata: { role } });
    // The role is in the token, so it takes a new one.
    ({ data, error } = await client.auth.signInWithPassword(credentials));
  }
  if (error || !data.session || !data.user) throw error ?? new Error('No session');
  const { access_token: accessToken, refresh_token: refreshToken } = data.session;
  const claims = JSON.parse(
    Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString('utf8'),
  ) as { session_id: string };
  return {
    ...credentials,
    userId: data.user.id,
    accessToken,
    refreshToken,
    sessionId: claims.session_id,
  };
}
