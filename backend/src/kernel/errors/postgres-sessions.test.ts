import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client, DatabaseError } from 'pg';
import { openTestDatabase } from '../../../test/support/database.ts';
import { connectTo, expectMapped, refusal } from '../../../test/support/refusals.ts';
import { isRetryable } from './sqlstates.ts';
import { toAppError } from './to-app-error.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let client: Client;

const connect = (changes = {}) => connectTo(database.adminUrl, changes);

beforeAll(async () => {
  database = await openTestDatabase();
  client = await connect();
  await client.query(`
    create table zqx_rows (zqx_id int primary key);
    insert into zqx_rows values (1), (2);
    create table zqx_locked_down (zqx_secret text);
    alter table zqx_locked_down enable row level security;
    revoke all on zqx_locked_down from anon;
    grant insert on zqx_locked_down to anon;
  `);
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

describe('Grants and row-level security', () => {
  test.each([
    ['a grant that is missing', 'select * from zqx_locked_down'],
    ['a policy that is missing', "insert into zqx_locked_down values ('zqx')"],
  ])('refuse by %s as FORBIDDEN', async (_, sql) => {
    await client.query('begin; set local role anon');
    const thrown = await refusal(client.query(sql));
    await client.query('rollback');
    expectMapped(thrown, '42501', 'FORBIDDEN');
  });
});

describe('A transaction', () => {
  let other: Client;
  beforeAll(async () => {
    other = await connect();
  });
  afterAll(() => other.end());

  test('that already failed is ours to mend', async () => {
    await client.query('begin');
    await refusal(client.query('select 1/0'));
    const thrown = await refusal(client.query('select 1'));
    await client.query('rollback');
    expectMapped(thrown, '25P02', 'INTERNAL_ERROR');
  });

  test('on a read-only server is 503', async () => {
    await client.query('begin read only');
    const thrown = await refusal(client.query('delete from zqx_rows'));
    await client.query('rollback');
    expectMapped(thrown, '25006', 'DATABASE_UNAVAILABLE');
  });

  test('that lost a serialisation conflict is CONFLICT and worth another run', async () => {
    await client.query('begin isolation level repeatable read; select * from zqx_rows');
    await other.query('update zqx_rows set zqx_id = zqx_id where zqx_id = 2');
    const thrown = await refusal(
      client.query('update zqx_rows set zqx_id = zqx_id where zqx_id = 2'),
    );
    await client.query('rollback');
    expectMapped(thrown, '40001', 'CONFLICT');
    expect(isRetryable(thrown)).toBe(true);
    expect(isRetryable(toAppError(thrown))).toBe(true);
  });

  test('that was chosen as a deadlock’s victim is CONFLICT and worth another run', async () => {
    const sessions = [client, other];
    const lock = 'select from zqx_rows where zqx_id = $1 for update';
    for (const session of sessions)
      await session.query("begin; set local deadlock_timeout = '20ms'");
    await client.query(lock, [1]);
    await other.query(lock, [2]);
    const outcomes = await Promise.allSettled(
      [client.query(lock, [2]), other.query(lock, [1])].map(async (waiting, index) => {
        try {
          await waiting;
        } finally {
          await sessions[index]?.query('rollback');
        }
      }),
    );
    const [victim] = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as DatabaseError] : [],
    );
    if (victim === undefined) throw new Error('There was no deadlock.');
    expectMapped(victim, '40P01', 'CONFLICT');
    expect(isRetryable(victim)).toBe(true);
  });

  test('is not run again for anything else', async () => {
    const duplicate = await refusal(client.query('insert into zqx_rows values (1)'));
    expect(isRetryable(duplicate)).toBe(false);
    expect(isRetryable(toAppError(duplicate))).toBe(false);
    expect(isRetryable({ code: '40001' })).toBe(false);
  });

  test.each([
    ['lock timeout', "set local lock_timeout = '20ms'", 'for update'],
    ['nowait', '', 'for update nowait'],
  ])('that does not get a lock (%s) is 503', async (_, setting, suffix) => {
    await other.query('begin; select from zqx_rows for update');
    await client.query(`begin; ${setting}`);
    const thrown = await refusal(client.query(`select from zqx_rows ${suffix}`));
    await client.query('rollback');
    await other.query('rollback');
    expectMapped(thrown, '55P03', 'DATABASE_TIMEOUT');
  });

  test('that takes too long is 503', async () => {
    await client.query("begin; set local statement_timeout = '20ms'");
    const thrown = await refusal(client.query('select pg_sleep(20)'));
    await client.query('rollback');
    expectMapped(thrown, '57014', 'DATABASE_TIMEOUT');
    expect(toAppError(thrown).retryAfterSeconds).toBeGreaterThan(0);
  });
});

describe('A connection', () => {
  test('that an administrator ends is 503', async () => {
    const victim = await connect();
    const { rows } = await victim.query<{ pid: number }>('select pg_backend_pid() as pid');
    const running = refusal(victim.query('select pg_sleep(20)'));
    await client.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    expectMapped(await running, '57P01', 'DATABASE_UNAVAILABLE');
  });

  test.each([
    ['25P03', 'DATABASE_TIMEOUT', "set idle_in_transaction_session_timeout = '20ms'; begin"],
    ['57P05', 'DATABASE_UNAVAILABLE', "set idle_session_timeout = '20ms'"],
  ] as const)('that idles too long is %s, %s', async (sqlstate, ours, sql) => {
    const idle = await connect();
    const ended = once(idle, 'error');
    await idle.query(sql);
    const [thrown] = (await ended) as [DatabaseError];
    expectMapped(thrown, sqlstate, ours);
  });

  test('to a database that is not there is 503', async () => {
    expectMapped(
      await refusal(connect({ database: 'zqx_missing' })),
      '3D000',
      'DATABASE_UNAVAILABLE',
    );
  });

  test('with a login that is refused is 503 and no 403', async () => {
    const thrown = await refusal(connect({ user: 'zqx_missing', password: 'zqx' }));
    expect(thrown.code).toMatch(/^28/);
    expectMapped(thrown, String(thrown.code), 'DATABASE_UNAVAILABLE');
  });

  test('too many is 503', async () => {
    const role = `zqx_${process.pid}_${Date.now()}`;
    await client.query(`create role ${role} login connection limit 0 password 'zqx'`);
    try {
      const thrown = await refusal(connect({ user: role, password: 'zqx' }));
      expectMapped(thrown, '53300', 'DATABASE_UNAVAILABLE');
    } finally {
      await client.query(`drop role ${role}`);
    }
  });
});
