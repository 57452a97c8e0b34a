import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import {
  startTransactionPooler,
  type TransactionPooler,
} from '../../../test/support/transaction-pooler.ts';
import type { Database, RowIdentity, Transaction } from './types.ts';

const ada = userOf(randomUUID());
const bob = userOf(randomUUID());
const anonymous: RowIdentity = { kind: 'anonymous' };

let cloned: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Database;

function userOf(sub: string, more: Record<string, unknown> = {}) {
  return { kind: 'user', claims: { payload: { sub, role: 'authenticated', ...more } } } as const;
}

const write = (caller: RowIdentity, body: string, owner?: string) =>
  db.asCaller(caller, (tx) =>
    tx.query('INSERT INTO notes (body, owner) VALUES ($1, coalesce($2, auth.uid()))', [
      body,
      owner ?? null,
    ]),
  );

const bodies = async (tx: Transaction): Promise<string[]> => {
  const { rows } = await tx.query<{ body: string }>('SELECT body FROM notes ORDER BY body');
  return rows.map(({ body }) => body);
};

beforeAll(async () => {
  cloned = await openTestDatabase();
  db = openDatabase(cloned.url);
  for (const statement of [
    'CREATE TABLE notes (body text NOT NULL, owner uuid NOT NULL, UNIQUE (owner, body))',
    'ALTER TABLE notes ENABLE ROW LEVEL SECURITY',
    'CREATE POLICY own ON notes USING (owner = auth.uid()) WITH CHECK (owner = auth.uid())',
    'GRANT ALL ON notes TO anon, authenticated, service_role',
    'CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)',
    'GRANT ALL ON late TO authenticated',
  ]) {
    await db.asLogin((tx) => tx.query(statement));
  }
});

afterAll(async () => {
  await db.close();
  await cloned.drop();
});

describe('row-level security', () => {
  test('each user sees and writes only their own rows, anonymous callers see none, the service sees all', async () => {
    await write(ada, 'from ada');
    await write(bob, 'from bob');
    expect(await db.asCaller(ada, bodies)).toEqual(['from ada']);
    expect(await db.asCaller(bob, bodies)).toEqual(['from bob']);
    expect(await db.asCaller(anonymous, bodies)).toEqual([]);
    expect(await db.asService(bodies)).toEqual(['from ada', 'from bob']);
    await expect(write(ada, 'forged', bob.claims.payload.sub)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(write(anonymous, 'forged', bob.claims.payload.sub)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  test('many callers at once on few connections never see each other', async () => {
    const callers = Array.from({ length: 40 }, () => userOf(randomUUID()));
    const seen = await Promise.all(
      callers.map((caller) =>
        db.asCaller(caller, async (tx) => {
          await tx.query('SELECT pg_sleep(random() * 0.02)');
          const { rows } = await tx.query<{ uid: string }>('SELECT auth.uid() AS uid');
          return rows[0]?.uid;
        }),
      ),
    );
    expect(seen).toEqual(callers.map(({ claims }) => claims.payload.sub));
  });

  test.each([
    ['a user', ada, 'authenticated', 'authenticated'],
    ['nobody', anonymous, 'anon', 'anon'],
  ])('Postgres sees the role and claims of %s', async (_name, caller, user, role) => {
    const { rows } = await db.asCaller(caller, (tx) =>
      tx.query('SELECT current_user::text AS "user", auth.role() AS role'),
    );
    expect(rows).toEqual([{ user, role }]);
  });

  test('the service and the login have their own roles and no claims of a user', async () => {
    const who = (tx: Transaction) =>
      tx.query('SELECT current_user::text AS "user", auth.role() AS role, auth.uid() AS uid');
    expect((await db.asService(who)).rows).toEqual([
      { user: 'service_role', role: 'service_role', uid: null },
    ]);
    expect((await db.asLogin(who)).rows).toEqual([{ user: 'postgres', role: null, uid: null }]);
  });

  test('claims reach Postgres unchanged whatever text they hold', async () => {
    const text = `'); DROP TABLE notes; --\\' \\\\ "quoted" $1 $$ E'\\x27' \u2028 ünï 🥘 \n`;
    const { rows } = await db.asCaller(userOf(randomUUID(), { text }), (tx) =>
      tx.query("SELECT auth.jwt() ->> 'text' AS text"),
    );
    expect(rows).toEqual([{ text }]);
    expect(await db.asService(bodies)).toContain('from ada');
  });
});

describe('a transaction', () => {
  test('is rolled back when work throws, and the error comes back as it is', async () => {
    const thrown = new TypeError('mine');
    const work = db.asCaller(ada, async (tx) => {
      await tx.query("INSERT INTO notes VALUES ('gone', auth.uid())");
      throw thrown;
    });
    await expect(work).rejects.toBe(thrown);
    expect(await db.asCaller(ada, bodies)).not.toContain('gone');
  });

  test('a failure that work swallows is not reported as a success', async () => {
    const work = db.asCaller(ada, async (tx) => {
      await tx.query("INSERT INTO notes VALUES ('half', auth.uid())");
      await tx.query("INSERT INTO notes VALUES ('half', auth.uid())").catch(() => undefined);
    });
    await expect(work).rejects.toMatchObject({ code: 'DUPLICATE_ENTRY', statusCode: 409 });
    expect(await db.asCaller(ada, bodies)).not.toContain('half');
  });

  test('a constraint that fails only at the commit is reported', async () => {
    const work = db.asCaller(ada, (tx) => tx.query('INSERT INTO late VALUES (1), (1)'));
    await expect(work).rejects.toMatchObject({ code: 'DUPLICATE_ENTRY' });
  });

  test('takes one statement at a time', async () => {
    const work = db.asCaller(ada, (tx) => tx.query('RESET ROLE; DELETE FROM notes'));
    await expect(work).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(await db.asService(bodies)).toContain('from bob');
  });

  test.each(['COMMIT', 'ROLLBACK'])('work that ends it with %s is refused', async (statement) => {
    const after = db.asCaller(ada, async (tx) => {
      await tx.query(statement);
      return bodies(tx);
    });
    await expect(after).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
  });

  test('a query that comes after its end is refused', async () => {
    const kept: Transaction[] = [];
    await db.asCaller(ada, (tx) => {
      kept.push(tx);
      return bodies(tx);
    });
    const late = kept[0]?.query("INSERT INTO notes VALUES ('late', gen_random_uuid())");
    await expect(late).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(await db.asService(bodies)).not.toContain('late');
  });

  test('queries that are not awaited one by one all belong to it', async () => {
    const carol = userOf(randomUUID());
    await db.asCaller(carol, async (tx) => {
      const insert = 'INSERT INTO notes VALUES ($1, auth.uid())';
      await Promise.all(['a', 'b', 'c'].map((body) => tx.query(insert, [body])));
    });
    expect(await db.asCaller(carol, bodies)).toEqual(['a', 'b', 'c']);
  });

  test('a read-only one refuses writes', async () => {
    const work = db.asCaller(ada, (tx) => tx.query("INSERT INTO notes VALUES ('no', auth.uid())"), {
      readOnly: true,
    });
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });
});

describe('through a transaction pooler with one server connection', () => {
  let pooler: TransactionPooler;
  let pooled: Database;
  let observer: Client;

  beforeAll(async () => {
    pooler = await startTransactionPooler(cloned.url);
    pooled = openDatabase(pooler.url);
    observer = new Client({ connectionString: pooler.url });
    await observer.connect();
  });

  afterAll(async () => {
    await pooled.close();
    await observer.end();
    await pooler.close();
  });

  /** What the next one finds on the server connection. */
  async function leftBehind(): Promise<unknown> {
    const { rows } = await observer.query(`
      SELECT current_user = session_user AS own_role,
        coalesce(current_setting('request.jwt.claims', true), '') AS claims,
        current_setting('statement_timeout') AS statement_timeout,
        current_setting('lock_timeout') AS lock_timeout,
        current_setting('idle_in_transaction_session_timeout') AS idle_timeout,
        current_setting('default_transaction_read_only') AS read_only,
        (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
        (SELECT count(*)::int FROM pg_listening_channels()) AS channels,
        (SELECT count(*)::int FROM pg_locks
          WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks`);
    return rows[0];
  }

  const nothing = {
    own_role: true,
    claims: '',
    statement_timeout: '0',
    lock_timeout: '0',
    idle_timeout: '0',
    read_only: 'off',
    prepared: 0,
    channels: 0,
    locks: 0,
  };

  test('concurrent transactions of several users take turns and stay apart', async () => {
    const callers = Array.from({ length: 12 }, () => userOf(randomUUID()));
    const seen = await Promise.all(
      callers.map((caller) =>
        pooled.asCaller(caller, async (tx) => {
          await tx.query('SELECT $1::int', [1]);
          const { rows } = await tx.query<{ uid: string }>('SELECT auth.uid() AS uid');
          return rows[0]?.uid;
        }),
      ),
    );
    expect(seen).toEqual(callers.map(({ claims }) => claims.payload.sub));
  });

  test('one query costs three round trips: begin with all settings, the query, commit', async () => {
    await pooled.asCaller(ada, bodies);
    const before = pooler.roundTrips();
    await pooled.asCaller(ada, bodies);
    expect(pooler.roundTrips() - before).toBe(3);
  });

  const failures: [string, (tx: Transaction) => Promise<unknown>][] = [
    ['a success', (tx) => tx.query('SELECT 1')],
    ['an error of the work', () => Promise.reject(new Error('mine'))],
    ['a failed statement', (tx) => tx.query('SELECT 1 / 0')],
    ['a swallowed failure', (tx) => tx.query('SELECT 1 / 0').catch(() => undefined)],
    ['a failed commit', (tx) => tx.query('INSERT INTO late VALUES (2), (2)')],
    ['a statement timeout', (tx) => tx.query('SELECT pg_sleep(5)')],
    ['work that commits by itself', (tx) => tx.query('COMMIT')],
    ['a query nobody awaited', (tx) => Promise.resolve(void tx.query('SELECT pg_sleep(0.05)'))],
  ];
  test.each(failures)('after %s the connection is as it was', async (_name, work) => {
    await pooled.asCaller(ada, work, { statementTimeoutMs: 200 }).catch(() => undefined);
    expect(await leftBehind()).toEqual(nothing);
    expect(await pooled.asCaller(bob, bodies)).toEqual(['from bob']);
  });

  test('after a caller gave up the connection is as it was', async () => {
    const giveUp = new AbortController();
    const work = pooled.asCaller(
      ada,
      async (tx) => {
        await tx.query('SELECT 1');
        giveUp.abort(new Error('gone'));
        await tx.query('SELECT pg_sleep(0.2)');
      },
      { signal: giveUp.signal },
    );
    await expect(work).rejects.toThrow('gone');
    expect(await leftBehind()).toEqual(nothing);
  });
});
