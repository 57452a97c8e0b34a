import { readFile } from 'node:fs/promises';
import type { Pool, QueryResult, QueryResultRow } from 'pg';

/** A pool, or the one connection a transaction runs on. */
export interface Queryable {
  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<Row>>;
}

/** Any number that no other program on the same database locks: "auth" in ASCII. */
const schemaLock = 0x61757468;

/** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
export async function transaction<T>(pool: Pool, work: (db: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Creates the auth tables where they are missing; two processes may do so at once. */
export async function applyAuthSchema(pool: Pool): Promise<void> {
  const sql = await readFile(new URL('./schema.sql', import.meta.url), 'utf8');
  await transaction(pool, async (db) => {
    await db.query('select pg_advisory_xact_lock($1)', [schemaLock]);
    await db.query(sql);
  });
}

/** The name of the unique index or constraint that refused a write, or undefined. */
export function violatedUniqueConstraint(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '23505') return undefined;
  return 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : '';
}
