import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { bootstrapDatabase } from './bootstrap.ts';
import { PostgresError } from './errors.ts';

export interface DatabaseUrls {
  /** Role `postgres`, the server's own. */
  url: string;
  /** The superuser. */
  adminUrl: string;
  /** Role `supabase_auth_admin`, the auth issuer's. */
  authUrl: string;
}

export interface ClonedDatabase extends DatabaseUrls {
  name: string;
  /**
   * Drops the database. A connection that is still open after `graceMs` (default 2 000) is a leak: rejects with
   * LeakedConnectionError, and the database stays.
   */
  drop(graceMs?: number): Promise<void>;
}

export interface LeakedSession {
  pid: number;
  applicationName: string;
  state: string;
  /** Its last statement, cut to 200 characters. */
  query: string;
}

export class LeakedConnectionError extends PostgresError {
  override name = 'LeakedConnectionError';
  readonly sessions: readonly LeakedSession[];

  constructor(database: string, sessions: readonly LeakedSession[]) {
    const list = sessions.map(
      ({ pid, applicationName, state, query }) =>
        `  ${applicationName || 'unnamed'} (${state}, pid ${pid}): ${query}`,
    );
    super(`Connections to ${database} were left open:\n${list.join('\n')}`);
    this.sessions = sessions;
  }
}

/**
 * Makes a database with Supabase's roles, prepared by `prepare` (migrations as `url`, the auth schema as `authUrl`), and
 * seals it, so that nobody can connect and every copy succeeds. Does nothing when it exists; several processes may ask
 * at once. Needs an admin URL of a cluster whose roles share one password, as `startThrowawayCluster` makes it.
 */
export async function createTemplate(
  adminUrl: string,
  name: string,
  prepare: (urls: DatabaseUrls) => Promise<void>,
): Promise<void> {
  await withAdmin(adminUrl, async (admin) => {
    await admin.query('select pg_advisory_lock(hashtext($1))', [`template ${name}`]);
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 1) return;
    const draft = `${name}_${randomBytes(4).toString('hex')}`;
    await admin.query(`create database ${escapeIdentifier(draft)}`);
    const urls = urlsOf(adminUrl, draft);
    try {
      await bootstrapDatabase(urls.adminUrl, { postgresPassword: new URL(adminUrl).password });
      await prepare(urls);
      await untilUnused(admin, draft, 2_000);
      await admin.query(
        `alter database ${escapeIdentifier(draft)} with allow_connections false is_template true`,
      );
      await admin.query(
        `alter database ${escapeIdentifier(draft)} rename to ${escapeIdentifier(name)}`,
      );
    } catch (error) {
      await admin.query(`drop database ${escapeIdentifier(draft)} with (force)`);
      throw error;
    }
  });
}

/** Copies a template into a database of its own. Many processes may do so at once. */
export async function cloneDatabase(adminUrl: string, template: string): Promise<ClonedDatabase> {
  const name = `clone_${process.pid}_${randomBytes(4).toString('hex')}`;
  await withAdmin(adminUrl, async (admin) => {
    await retryWhileInUse(() =>
      admin.query(
        `create database ${escapeIdentifier(name)} template ${escapeIdentifier(template)} owner postgres`,
      ),
    );
    // Grants on the database itself are the one thing that a copy does not take over.
    await admin.query(`grant create on database ${escapeIdentifier(name)} to supabase_auth_admin`);
  });
  return {
    name,
    ...urlsOf(adminUrl, name),
    drop: (graceMs = 2_000) =>
      withAdmin(adminUrl, async (admin) => {
        await untilUnused(admin, name, graceMs);
        await admin.query(`drop database ${escapeIdentifier(name)}`);
      }),
  };
}

function urlsOf(adminUrl: string, database: string): DatabaseUrls {
  const url = (role?: string) => {
    const changed = new URL(adminUrl);
    if (role !== undefined) changed.username = role;
    changed.pathname = database;
    return changed.href;
  };
  return { url: url('postgres'), adminUrl: url(), authUrl: url('supabase_auth_admin') };
}

async function withAdmin<T>(adminUrl: string, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: adminUrl, ssl: false });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

/** A connection that is being closed is still listed for a moment. */
async function untilUnused(admin: Client, database: string, graceMs: number): Promise<void> {
  const end = Date.now() + graceMs;
  for (;;) {
    const { rows } = await admin.query<LeakedSession>(
      `select pid, application_name as "applicationName", coalesce(state, '') as state, left(query, 200) as query
         from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      [database],
    );
    if (rows.length === 0) return;
    if (Date.now() > end) throw new LeakedConnectionError(database, rows);
    await delay(20);
  }
}

/** 55006: somebody is connected to the template; Postgres itself has waited five seconds by then. */
async function retryWhileInUse<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const inUse = error instanceof Error && 'code' in error && error.code === '55006';
      if (!inUse || attempt === 3) throw error;
    }
  }
}
