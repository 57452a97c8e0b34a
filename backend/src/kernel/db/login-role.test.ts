import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import { startTransactionPooler } from '../../../test/support/transaction-pooler.ts';
import type { Database, RowIdentity } from './types.ts';

const ada: RowIdentity = {
  kind: 'user',
  claims: { payload: { sub: randomUUID(), role: 'authenticated' } },
};
let cloned: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Database;

beforeAll(async () => {
  cloned = await openTestDatabase();
  db = openDatabase(cloned.url);
});
afterAll(async () => {
  await db.close();
  await cloned.drop();
});

test('has the login role for a statement, and its own for the next one and for what its commit sets off', async () => {
  for (const statement of [
    'CREATE TABLE late (id int)',
    'CREATE TABLE seen (role text)',
    'GRANT ALL ON seen TO authenticated',
    `CREATE FUNCTION put_off() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO seen VALUES (current_user || '' at the commit''); RETURN NULL; END'`,
    `CREATE CONSTRAINT TRIGGER put_off AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION put_off()`,
  ])
    await db.asLogin((tx) => tx.query(statement));
  const note = 'INSERT INTO seen VALUES (current_user)';
  await db.asCaller(ada, async (tx) => {
    await tx.query(note);
    await tx.queryAsLogin('INSERT INTO late VALUES (41)');
    await tx.queryAsLogin(`INSERT INTO seen VALUES ((current_user = session_user)::text)`);
    await tx.query(note);
    await tx.queryAsLogin('SELECT 1');
  });
  const { rows } = await db.asLogin((tx) => tx.query<{ role: string }>('SELECT role FROM seen'));
  expect(rows.map(({ role }) => role)).toEqual([
    'authenticated',
    'true',
    'authenticated',
    'authenticated at the commit',
  ]);
});

test('a statement as the login costs one more than a query, and several in a row no more', async () => {
  const pooler = await startTransactionPooler(cloned.url);
  const pooled = openDatabase(pooler.url);
  await pooled.asCaller(ada, (tx) => tx.query('SELECT 1'));
  const before = pooler.roundTrips();
  await pooled.asCaller(ada, async (tx) => {
    await tx.queryAsLogin('SELECT 1');
    await tx.queryAsLogin('SELECT 1');
  });
  expect(pooler.roundTrips() - before).toBe(5);
  await pooled.close();
  await pooler.close();
});
