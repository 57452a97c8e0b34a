import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { ledger, ledgerPause, ledgerTable } from './fixtures/ledger-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';

let app: TestApp;
let other: TestApp;
let database: Client;
let ada: TestUser;
let bob: TestUser;

beforeAll(async () => {
  app = await startTestApp({ modules: [ledger] });
  other = await startTestApp({ modules: [ledger], stack: app.stack });
  database = new Client({ connectionString: app.database.url });
  await database.connect();
  await database.query(ledgerTable);
  [ada, bob] = await Promise.all([app.signUp(), app.signUp()]);
});
afterEach(() => {
  ledgerPause.run = () => Promise.resolve();
});
afterAll(async () => {
  await database.end();
  await other.stop();
  await app.stop();
});

interface Sent {
  key?: string | undefined;
  user?: TestUser;
  through?: TestApp;
  fail?: string;
}

const post = (note: string, { key, user = ada, through = app, fail }: Sent = {}) =>
  through.request
    .post('/api/v1/ledger')
    .set('authorization', `Bearer ${user.accessToken}`)
    .set(key === undefined ? {} : { 'idempotency-key': key })
    .send({ note, ...(fail === undefined ? {} : { fail }) });

/** The status and the code of a refusal. */
const refused = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error: string }).error,
];

async function effects(note: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'select count(*)::integer as count from public.ledger where note = $1',
    [note],
  );
  return rows[0]?.count ?? 0;
}

const fresh = () => ({ note: randomUUID(), key: randomUUID() });

describe('a request with a key', () => {
  test('is done once, and its repetition is answered the same, by another server too', async () => {
    const { note, key } = fresh();
    const first = await post(note, { key });
    expect(first.status).toBe(201);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    // The effect has the caller's rights, though its answer is kept where callers cannot look.
    expect(first.body).toEqual({ note, by: 'authenticated' });
    for (const through of [app, other]) {
      const again = await post(note, { key: `"${key}"`, through });
      expect(again.status).toBe(201);
      expect(again.text).toBe(first.text);
      expect(again.headers).toMatchObject({
        'idempotency-replayed': 'true',
        location: `/ledger/${note}`,
        'cache-control': 'no-store',
      });
    }
    expect(await effects(note)).toBe(1);
  });

  test('that comes with another body is refused', async () => {
    const { note, key } = fresh();
    await post(note, { key });
    expect(refused(await post(`${note}!`, { key }))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect(await effects(`${note}!`)).toBe(0);
  });

  test('that comes while the first is under way is told to try again', async () => {
    const { note, key } = fresh();
    const begun = Promise.withResolvers<undefined>();
    const goOn = Promise.withResolvers<undefined>();
    ledgerPause.run = () => {
      begun.resolve(undefined);
      return goOn.promise;
    };
    const first = post(note, { key }).then((answer) => answer);
    await begun.promise;
    const second = await post(note, { key, through: other });
    expect(refused(second)).toEqual([409, 'IDEMPOTENCY_IN_FLIGHT']);
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
    goOn.resolve(undefined);
    expect((await first).status).toBe(201);
    expect((await post(note, { key, through: other })).status).toBe(201);
    expect(await effects(note)).toBe(1);
  });

  test('that comes a hundred times at once has one effect', async () => {
    const { note, key } = fresh();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        post(note, { key, through: index % 2 === 0 ? app : other }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    const done = answers.filter(({ status }) => status === 201);
    expect(
      done.filter(({ headers }) => headers['idempotency-replayed'] === undefined),
    ).toHaveLength(1);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    expect(await effects(note)).toBe(1);
  });

  test('is one of its user only', async () => {
    const { note, key } = fresh();
    const [one, two] = [await post(note, { key }), await post(note, { key, user: bob })];
    expect([one.status, two.status]).toEqual([201, 201]);
    expect(two.headers['idempotency-replayed']).toBeUndefined();
    expect(await effects(note)).toBe(2);
  });
});

describe('what failed', () => {
  test.each([
    ['refuse', 409],
    ['break', 500],
  ])('is undone and not kept (%s): the key is free again', async (fail, status) => {
    const { note, key } = fresh();
    expect((await post(note, { key, fail })).status).toBe(status);
    expect(await effects(note)).toBe(0);
    expect((await post(note, { key })).status).toBe(201);
    expect(await effects(note)).toBe(1);
  });

  test('before it was begun is not kept either', async () => {
    const { key } = fresh();
    expect((await post('', { key })).status).toBe(400);
    expect((await post('valid', { key })).status).toBe(201);
  });

  test('because its connection was cut is undone, and the key is free at once', async () => {
    const { note, key } = fresh();
    ledgerPause.run = async () => {
      await database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and state = 'idle in transaction'`,
      );
    };
    expect((await post(note, { key })).status).toBe(503);
    ledgerPause.run = () => Promise.resolve();
    expect((await post(note, { key, through: other })).status).toBe(201);
    expect(await effects(note)).toBe(1);
  });
});

describe('keys', () => {
  test('may be left out where they are optional, and nothing is kept', async () => {
    const { note } = fresh();
    await post(note);
    await post(note);
    expect(await effects(note)).toBe(2);
  });

  test.each(['', 'with space', 'x'.repeat(256), 'ä', '"open', 'a, b'])(
    'such as %j are refused',
    async (key) => {
      const answer = await app.request
        .post('/api/v1/ledger')
        .set('authorization', `Bearer ${ada.accessToken}`)
        .set('idempotency-key', Buffer.from(key, 'utf8').toString('latin1'))
        .send({ note: 'malformed' });
      expect(refused(answer)).toEqual([400, 'VALIDATION_FAILED']);
      expect(answer.body).toMatchObject({ details: [{ field: 'idempotency-key' }] });
    },
  );

  test('are asked for where they are required, and a path of its own is another request', async () => {
    const { note, key } = fresh();
    const put = (page: string) =>
      app.request.put(`/api/v1/ledger/${page}`).set('authorization', `Bearer ${ada.accessToken}`);
    const without = await put('1').send({ note });
    expect(without.status).toBe(400);
    expect(without.body).toMatchObject({
      details: [{ field: 'idempotency-key', reason: 'is required' }],
    });
    expect((await put('1').set('idempotency-key', key).send({ note })).status).toBe(201);
    expect((await put('2').set('idempotency-key', key).send({ note })).status).toBe(422);
    // The same key of another operation is another key.
    expect((await post(note, { key })).status).toBe(201);
  });

  test('end with their time, and with their user', async () => {
    const { note, key } = fresh();
    await post(note, { key });
    await database.query(
      `update bulwark.idempotency_keys set expires_at = now() - interval '1 second' where key = $1`,
      [key],
    );
    expect((await post(note, { key })).headers['idempotency-replayed']).toBeUndefined();
    expect((await post(note, { key })).headers['idempotency-replayed']).toBe('true');
    expect(await effects(note)).toBe(2);
    const leaving = await app.signUp();
    await post(note, { key, user: leaving });
    const kept = async () =>
      (await database.query('select from bulwark.idempotency_keys where key = $1', [key])).rowCount;
    expect(await kept()).toBe(2);
    const auth = new Client({ connectionString: app.database.authUrl });
    await auth.connect();
    await auth.query('delete from auth.users where id = $1', [leaving.userId]);
    await auth.end();
    expect(await kept()).toBe(1);
  });

  test('are no table for clients', async () => {
    const { rows } = await database.query(
      `select role from unnest(array['anon', 'authenticated', 'service_role']) as role
       where has_table_privilege(role, 'bulwark.idempotency_keys', 'select, insert, update, delete')
          or has_function_privilege(role, 'bulwark.claim_idempotency_key(uuid, text, text)', 'execute')`,
    );
    expect(rows).toEqual([]);
  });
});

describe('a handler', () => {
  test.each(['elsewhere', 'twice'])('that goes past once() is a fault (%s)', async (fail) => {
    expect((await post(randomUUID(), { fail })).status).toBe(500);
  });
});
