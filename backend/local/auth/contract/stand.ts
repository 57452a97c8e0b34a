import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { Client, Pool } from 'pg';
import { openTestDatabase } from '../../../test/support/database.ts';
import { startAuthIssuer } from '../issuer.ts';
import type { AuthIssuer, AuthIssuerOptions } from '../issuer.ts';

type SupabaseClient = ReturnType<typeof clientOf>;

/** A running emulator on a database of its own. */
export interface Stand {
  readonly issuer: AuthIssuer;
  readonly databaseUrl: string;
  /** The project's own connection, as role `postgres`. */
  readonly db: Pool;
  /** Unmodified supabase-js with the anon key and no session yet. */
  client(): SupabaseClient;
  /** Unmodified supabase-js with the service-role key. */
  admin(): SupabaseClient;
  /** A second emulator on the same database, closed with the stand unless before. */
  startAnother(options?: Partial<AuthIssuerOptions>): Promise<AuthIssuer>;
  close(): Promise<void>;
}

export const password = 'correct horse battery';

export function freshEmail(): string {
  return `user-${randomUUID()}@example.com`;
}

export function clientOf(url: string, key: string) {
  return createClient(url, key, { auth: { persistSession: false, autoRefreshToken: false } });
}

export async function openStand(options: Partial<AuthIssuerOptions> = {}): Promise<Stand> {
  const database = await openTestDatabase();
  const issuers = new Set<AuthIssuer>();
  const startAnother = async (more: Partial<AuthIssuerOptions> = {}) => {
    const issuer = await startAuthIssuer({
      databaseUrl: database.authUrl,
      port: 0,
      ...options,
      ...more,
    });
    const closable = {
      ...issuer,
      async close() {
        if (issuers.delete(closable)) await issuer.close();
      },
    };
    issuers.add(closable);
    return closable;
  };
  const db = new Pool({ connectionString: database.url, max: 2 });
  const close = async () => {
    await Promise.all([...issuers].map((each) => each.close()));
    await db.end();
    await database.drop();
  };
  const issuer = await startAnother().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    issuer,
    databaseUrl: database.authUrl,
    db,
    client: () => clientOf(issuer.url, issuer.anonKey),
    admin: () => clientOf(issuer.url, issuer.serviceRoleKey),
    startAnother,
    close,
  };
}

/** A value the test cannot go on without. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('Expected a value');
  return value;
}

/** Signs a new user up; the client then holds its session. */
export async function signUp(stand: Stand, email: string = freshEmail()) {
  const client = stand.client();
  const { data, error } = await client.auth.signUp({ email, password });
  if (error) throw error;
  return { client, email, user: present(data.user), session: present(data.session) };
}

/** One more session of a user. */
export async function signIn(stand: Stand, email: string) {
  const client = stand.client();
  const { data, error } = await client.auth.signInWithPassword({ email, password });
  if (error) throw error;
  return { client, session: data.session };
}

/**
 * Runs `action` `count` times (at most four) so that all have reached the database before the first may go on: until
 * then `lock`, run as the emulator's own role, keeps them waiting.
 */
export async function together<T>(
  stand: Stand,
  lock: { text: string; values?: unknown[] },
  count: number,
  action: () => Promise<T>,
): Promise<T[]> {
  const holder = new Client({ connectionString: stand.databaseUrl });
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query(lock);
    const results = Promise.all(Array.from({ length: count }, action));
    while ((await waitingForLocks(stand)) < count);
    await holder.query('commit');
    return await results;
  } finally {
    await holder.end();
  }
}

async function waitingForLocks({ db }: Stand): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int from pg_locks join pg_stat_activity using (pid)
     where not granted and datname = current_database()`,
  );
  return present(rows[0]).count;
}
