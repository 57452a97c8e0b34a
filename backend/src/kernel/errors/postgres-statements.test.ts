import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { openTestDatabase } from '../../../test/support/database.ts';
import { connectTo, expectMapped, refusal } from '../../../test/support/refusals.ts';
import type { ErrorCode } from './codes.ts';
import { sqlstates } from './sqlstates.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let client: Client;

beforeAll(async () => {
  database = await openTestDatabase();
  client = await connectTo(database.adminUrl);
  await client.query(`
    create table zqx_parent (zqx_id int primary key);
    insert into zqx_parent values (1), (2);
    create table zqx_rows (
      zqx_unique text constraint zqx_unique_key unique,
      zqx_number int constraint zqx_positive check (zqx_number > 0),
      zqx_required text not null default 'x',
      zqx_short varchar(3),
      zqx_parent int constraint zqx_parent_key references zqx_parent,
      zqx_during int4range,
      zqx_made int generated always as identity,
      zqx_json jsonb,
      constraint zqx_no_overlap exclude using gist (zqx_during with &&)
    );
    insert into zqx_rows (zqx_unique, zqx_parent, zqx_during) values ('zqx taken', 1, '[1,5)');
    create view zqx_view as select * from zqx_parent where zqx_id < 10 with check option;
    create sequence zqx_sequence maxvalue 2;
    create sequence zqx_unused;
    create function zqx_no_return() returns int language plpgsql as 'begin end';
  `);
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

test('Every SQLSTATE of the running server stands in the table', async () => {
  const { rows } = await client.query<{ text: string }>(
    `select pg_read_file(setting || '/errcodes.txt') as text from pg_config() where name = 'SHAREDIR'`,
  );
  const codes = new Set(rows[0]?.text.match(/^[0-9A-Z]{5}(?=\s+[EWS]\s)/gm));
  expect(codes.size).toBeGreaterThanOrEqual(260);
  expect([...codes].filter((code) => !sqlstates.has(code))).toEqual([]);
});

describe('A statement that Postgres refuses', () => {
  const deepJson = '['.repeat(60_000) + ']'.repeat(60_000);
  // Random, so that compression cannot make it fit.
  const longText = Array.from({ length: 4000 }, () => Math.random().toString(36)).join('');

  test.each<[sqlstate: string, ours: ErrorCode, sql: string, ...values: unknown[]]>([
    ['22P02', 'UNSTORABLE_VALUE', 'select $1::int', 'zqx'],
    ['22P02', 'UNSTORABLE_VALUE', 'select $1::uuid', 'zqx'],
    ['22P02', 'UNSTORABLE_VALUE', 'select $1::jsonb', '{zqx'],
    ['22P05', 'UNSTORABLE_VALUE', 'select $1::jsonb', '"\\u0000zqx"'],
    ['22021', 'UNSTORABLE_VALUE', 'select $1::text', 'zqx\0'],
    ['22003', 'UNSTORABLE_VALUE', 'insert into zqx_rows (zqx_number) values ($1)', '99999999999'],
    ['22001', 'UNSTORABLE_VALUE', 'insert into zqx_rows (zqx_short) values ($1)', 'zqx too long'],
    ['22007', 'UNSTORABLE_VALUE', 'select $1::date', 'zqx'],
    ['22008', 'UNSTORABLE_VALUE', 'select $1::date', '2020-13-45'],
    ['22015', 'UNSTORABLE_VALUE', 'select $1::interval', '10000000000 years'],
    ['22P03', 'UNSTORABLE_VALUE', 'select $1::int', Buffer.from('zqx zqx')],
    ['54000', 'UNSTORABLE_VALUE', 'insert into zqx_rows (zqx_unique) values ($1)', longText],
    ['54001', 'UNSTORABLE_VALUE', 'insert into zqx_rows (zqx_json) values ($1)', deepJson],

    ['2201B', 'CONSTRAINT_VIOLATION', "select 'a' ~ $1", 'zqx('],
    ['22025', 'CONSTRAINT_VIOLATION', "select 'zqxyz' like $1", 'zqx\\'],
    ['2201W', 'CONSTRAINT_VIOLATION', 'select 1 limit $1', -1],
    ['2201X', 'CONSTRAINT_VIOLATION', 'select 1 offset $1', -1],
    ['22023', 'CONSTRAINT_VIOLATION', 'select now() at time zone $1', 'zqx/nowhere'],
    ['22011', 'CONSTRAINT_VIOLATION', "select substring('zqx', 1, $1::int)", -1],

    ['22012', 'INTERNAL_ERROR', 'select 1 / $1::int', 0],
    ['2201E', 'INTERNAL_ERROR', 'select ln($1::numeric)', -1],
    ['2201F', 'INTERNAL_ERROR', 'select power(0::numeric, -1)'],
    ['2201G', 'INTERNAL_ERROR', 'select width_bucket(1, 1, 1, 0)'],
    ['22014', 'INTERNAL_ERROR', 'select ntile(0) over ()'],
    ['22016', 'INTERNAL_ERROR', 'select nth_value(1, 0) over ()'],
    ['2203A', 'INTERNAL_ERROR', "select jsonb_path_query('{}', 'strict $.zqx')"],
    ['22039', 'INTERNAL_ERROR', "select jsonb_path_query('{}', 'strict $[*]')"],
    ['2200H', 'INTERNAL_ERROR', "select nextval('zqx_sequence') from generate_series(1, 3)"],
    ['21000', 'INTERNAL_ERROR', 'select (select zqx_id from zqx_parent)'],

    ['23505', 'DUPLICATE_ENTRY', "insert into zqx_rows (zqx_unique) values ('zqx taken')"],
    ['23503', 'REFERENCE_VIOLATION', 'insert into zqx_rows (zqx_parent) values (99)'],
    ['23503', 'REFERENCE_VIOLATION', 'delete from zqx_parent where zqx_id = 1'],
    ['23502', 'CONSTRAINT_VIOLATION', 'insert into zqx_rows (zqx_required) values (null)'],
    ['23514', 'CONSTRAINT_VIOLATION', 'insert into zqx_rows (zqx_number) values (-1)'],
    ['23P01', 'STATE_CONFLICT', "insert into zqx_rows (zqx_during) values ('[2,3)')"],
    ['44000', 'CONSTRAINT_VIOLATION', 'insert into zqx_view values (77)'],

    ['42P01', 'INTERNAL_ERROR', 'select * from zqx_missing'],
    ['42703', 'INTERNAL_ERROR', 'select zqx_missing from zqx_rows'],
    ['42601', 'INTERNAL_ERROR', 'zqx nonsense'],
    ['42883', 'INTERNAL_ERROR', 'select zqx_missing()'],
    ['42804', 'INTERNAL_ERROR', 'select case when true then 1 else now() end'],
    ['42846', 'INTERNAL_ERROR', 'select 1::date'],
    ['42702', 'INTERNAL_ERROR', 'select zqx_id from zqx_parent a, zqx_parent b'],
    ['42803', 'INTERNAL_ERROR', 'select zqx_number, count(*) from zqx_rows'],
    ['42704', 'INTERNAL_ERROR', 'drop type zqx_missing'],
    ['42P07', 'INTERNAL_ERROR', 'create table zqx_rows ()'],
    ['42710', 'INTERNAL_ERROR', 'create role zqx_role; create role zqx_role'],
    ['428C9', 'INTERNAL_ERROR', 'insert into zqx_rows (zqx_made) values (1)'],
    ['42P10', 'INTERNAL_ERROR', 'select 1 order by 99'],
    ['0A000', 'INTERNAL_ERROR', 'select 1 from zqx_rows group by 1 for update'],
    ['3F000', 'INTERNAL_ERROR', 'create table zqx_missing.t ()'],
    ['34000', 'INTERNAL_ERROR', 'close zqx_missing'],
    ['26000', 'INTERNAL_ERROR', 'execute zqx_missing'],
    ['25P01', 'INTERNAL_ERROR', 'savepoint zqx'],
    ['2BP01', 'INTERNAL_ERROR', 'drop table zqx_parent'],
    ['2F005', 'INTERNAL_ERROR', 'select zqx_no_return()'],
    ['55000', 'INTERNAL_ERROR', "select currval('zqx_unused')"],
    ['55P02', 'INTERNAL_ERROR', 'set port = 1'],
    [
      '25001',
      'INTERNAL_ERROR',
      "do $$ begin execute format('drop database %I', current_database()); end $$",
    ],

    ['P0001', 'CONSTRAINT_VIOLATION', "do $$ begin raise exception 'zqx secret rule'; end $$"],
    [
      'P0002',
      'INTERNAL_ERROR',
      'do $$ declare a int; begin select 1 into strict a where false; end $$',
    ],
    [
      'P0003',
      'INTERNAL_ERROR',
      'do $$ declare a int; begin select zqx_id into strict a from zqx_parent; end $$',
    ],
    ['P0004', 'INTERNAL_ERROR', "do $$ begin assert false, 'zqx'; end $$"],
    ['20000', 'INTERNAL_ERROR', 'do $$ begin case 1 when 2 then null; end case; end $$'],
    [
      '0Z002',
      'INTERNAL_ERROR',
      'do $$ declare a text; begin get stacked diagnostics a = message_text; end $$',
    ],
    [
      '2D000',
      'INTERNAL_ERROR',
      "do $$ begin begin commit; exception when sqlstate 'ZZ998' then null; end; end $$",
    ],
    ['08P01', 'DATABASE_UNAVAILABLE', 'select $1::int, $2::int', 1],
  ])('%s is %s (case %#)', async (sqlstate, ours, sql, ...values) => {
    expectMapped(await refusal(client.query(sql, values)), sqlstate, ours);
  });

  test('names no code that nobody has met', async () => {
    const thrown = await refusal(
      client.query(`do $$ begin raise exception 'zqx' using errcode = 'ZZ999'; end $$`),
    );
    expectMapped(thrown, 'ZZ999', 'INTERNAL_ERROR');
  });

  test('of every SQLSTATE that can be raised becomes the code of the table, and nothing of it shows', async () => {
    // 00000 is success; raising it gives P0001.
    const codes = [...sqlstates].filter(([code]) => code !== '00000');
    for (const [sqlstate, ours] of codes) {
      const thrown = await refusal(
        client.query(`do $$ begin
          raise exception using errcode = '${sqlstate}', message = 'zqx message',
            detail = 'Key (zqx_email)=(zqx@example.org) already exists.', hint = 'zqx hint',
            schema = 'zqx_schema', table = 'zqx_table', column = 'zqx_column',
            datatype = 'zqx_type', constraint = 'zqx_constraint';
        end $$`),
      );
      expectMapped(thrown, sqlstate, ours);
    }
    expect(codes).toHaveLength(260);
  });
});
