import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { PostgresError } from './errors.ts';

export interface BootstrapOptions {
  /** Set for the roles `postgres` and `supabase_auth_admin`, unless they are superusers; left alone by default. */
  postgresPassword?: string;
  /** Run as the connection's user after the roles, in the same transaction; must be safe to run again. */
  extraSql?: readonly string[];
}

const rolesSql = new URL('../supabase/roles.sql', import.meta.url);

/** What a database must have when we are not allowed to make it. */
const missingSql = `
  select 'role ' || name as thing
    from unnest(array['anon', 'authenticated', 'service_role']) as name
    where not exists (select from pg_roles where rolname = name)
  union all
  select 'function ' || signature
    from unnest(array['auth.jwt()', 'auth.uid()', 'auth.role()', 'auth.email()']) as signature
    where to_regprocedure(signature) is null`;

/**
 * Makes a database look like Supabase's: roles, grants, schemas, `auth.uid()` and its kin. Safe to run again and at the
 * same time. A user who is no superuser cannot make any of it: then it must be there already, as on Supabase.
 * Rejects with PostgresError, in one sentence, when it is not.
 */
export async function bootstrapDatabase(
  adminUrl: string,
  options: BootstrapOptions = {},
): Promise<void> {
  const client = new Client({
    connectionString: adminUrl,
    application_name: 'bulwark-bootstrap',
  });
  await client.connect();
  try {
    await client.query('begin');
    const { rows } = await client.query<{ name: string; superuser: boolean }>(
      'select rolname as name, rolsuper as superuser from pg_roles where rolname = current_user',
    );
    const [user] = rows;
    if (user?.superuser === true) {
      await client.query(await readFile(rolesSql, 'utf8'));
      if (options.postgresPassword !== undefined) {
        await setPasswords(client, options.postgresPassword);
      }
    } else {
      await assertComplete(client, user?.name ?? '');
    }
    for (const sql of options.extraSql ?? []) await client.query(sql);
    await client.query('commit');
  } finally {
    await client.end(); // an open transaction is rolled back
  }
}

async function setPasswords(client: Client, password: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select rolname as name from pg_roles
      where rolname in ('postgres', 'supabase_auth_admin') and not rolsuper`,
  );
  for (const { name } of rows) {
    await client.query(`alter role ${name} password ${client.escapeLiteral(password)}`);
  }
}

async function assertComplete(client: Client, user: string): Promise<void> {
  const { rows } = await client.query<{ thing: string }>(missingSql);
  if (rows.length === 0) return;
  throw new PostgresError(
    `The database lacks ${rows.map(({ thing }) => thing).join(', ')}, and its user ${user} is no superuser and cannot ` +
      'make them: use a Supabase database, or start once with a superuser in DATABASE_URL.',
  );
}
