import { startAuthIssuer, type AuthIssuer } from '../../local/auth/issuer.ts';
import type { ClonedDatabase } from '../../local/postgres/templates.ts';
import { openTestDatabase } from './database.ts';
import { signUp, type TestUser } from './users.ts';

/** What a server process is started against: a database and an auth issuer of its own. */
export interface TestStack {
  readonly database: ClonedDatabase;
  readonly issuer: AuthIssuer;
  /** The variables that name the stack to a server. */
  readonly environment: Readonly<Record<string, string>>;
  signUp(options?: { role?: 'admin' | 'service' }): Promise<TestUser>;
  stop(): Promise<void>;
}

export interface TestStackOptions {
  accessTokenTtlSeconds?: number;
}

export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const database = await openTestDatabase();
  const issuer = await startAuthIssuer({ databaseUrl: database.authUrl, port: 0, ...options });
  return {
    database,
    issuer,
    environment: {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      SUPABASE_URL: issuer.url,
      SUPABASE_ANON_KEY: issuer.anonKey,
      SUPABASE_SERVICE_ROLE_KEY: issuer.serviceRoleKey,
    },
    signUp: ({ role } = {}) => signUp(issuer, role),
    async stop() {
      await issuer.close();
      await database.drop();
    },
  };
}
