import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { startLogStore } from '../../../test/support/log-store.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import type { Database } from '../db/index.ts';
import { runWithLogContext } from '../logging/index.ts';
import { createLogSearch } from './index.ts';
import { deletePast } from './retention.ts';

let database: ClonedDatabase;
let db: Database;
let client: Client;

beforeAll(async () => {
  database = await openTestDatabase();
  db = openDatabase(database.url);
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  await client.query('truncate bulwark.app_logs');
});
afterAll(async () => {
  await client.end();
  await db.close();
  await database.drop();
});

describe('a search', () => {
  const search = (query: Partial<Parameters<ReturnType<typeof createLogSearch>['search']>[0]>) =>
    createLogSearch(db).search({ limit: 10, ...query });
  const messagesOf = async (query: Parameters<typeof search>[0]) =>
    (await search(query)).rows.map(({ message }) => message);

  async function write(count: number) {
    const { logger, close } = startLogStore(database.url);
    for (let index = 0; index < count; index += 1) {
      const level = (['info', 'warn', 'error'] as const)[index % 3] ?? 'info';
      runWithLogContext({ requestId: `request-${index % 2}` }, () => {
        logger[level]({ path: `/things/${index}` }, `line ${index}`);
      });
    }
    await close();
  }

  test('goes through all rows page by page, newest first', async () => {
    await write(25);
    const all: string[] = [];
    let before: string | undefined;
    do {
      const { rows, next } = await search({ before });
      all.push(...rows.map(({ message }) => message));
      before = next ?? undefined;
    } while (before !== undefined);
    expect(all).toEqual(Array.from({ length: 25 }, (_, index) => `line ${24 - index}`));
  });

  test('finds a level and what is worse, a request, a text, and all of these at once', async () => {
    await write(12);
    expect(await messagesOf({ level: 'error' })).toEqual(['line 11', 'line 8', 'line 5', 'line 2']);
    expect(await messagesOf({ level: 'warn', requestId: 'request-1' })).toEqual([
      'line 11',
      'line 7',
      'line 5',
      'line 1',
    ]);
    expect(await messagesOf({ text: 'THINGS/11' })).toEqual(['line 11']);
    expect(await messagesOf({ text: 'line 1' })).toEqual(['line 11', 'line 10', 'line 1']);
    expect(await messagesOf({ text: 'line 1', level: 'error', requestId: 'request-1' })).toEqual([
      'line 11',
    ]);
    expect(await messagesOf({ requestId: 'request-2' })).toEqual([]);
  });

  test('takes a text as it is', async () => {
    const { logger, close } = startLogStore(database.url);
    for (const message of ['100 %', '100 x', 'a_b', 'axb', 'c\\d', "it's"]) logger.info(message);
    await close();
    expect(await messagesOf({ text: '100 %' })).toEqual(['100 %']);
    expect(await messagesOf({ text: 'a_b' })).toEqual(['a_b']);
    expect(await messagesOf({ text: 'c\\d' })).toEqual(['c\\d']);
    expect(await messagesOf({ text: "it's" })).toEqual(["it's"]);
  });

  test('finds a rare text among many rows, and says when there is no more', async () => {
    await client.query(
      `insert into bulwark.app_logs (created_at, level, message, fields)
       select now(), 'info', case n when 17 then 'needle' else 'hay' end, '{}' from generate_series(1, 30000) n`,
    );
    const { rows, next } = await search({ text: 'needle' });
    expect(rows.map(({ message }) => message)).toEqual(['needle']);
    expect(next).toBeNull();
  });
});

describe('retention', () => {
  const insert = (count: number, age: string) =>
    client.query(
      `insert into bulwark.app_logs (created_at, level, message, fields)
       select now() - $2::interval, 'info', $2, '{}' from generate_series(1, $1)`,
      [count, age],
    );
  const left = async () =>
    (
      await client.query<{ message: string; count: number }>(
        'select message, count(*)::integer from bulwark.app_logs group by 1 order by 1',
      )
    ).rows;

  test('deletes what is too old, in batches, once over processes', async () => {
    await insert(12_000, '8 days');
    await insert(10, '6 days');
    const other = openDatabase(database.url);
    const counts = await Promise.all([
      deletePast(db, { days: 7, maxRows: 1_000_000 }),
      deletePast(other, { days: 7, maxRows: 1_000_000 }),
    ]);
    await other.close();
    expect(counts[0] + counts[1]).toBe(12_000);
    expect(await left()).toEqual([{ message: '6 days', count: 10 }]);
  });

  test('deletes the oldest of too many', async () => {
    await insert(500, '2 days');
    await insert(1_000, '1 day');
    expect(await deletePast(db, { days: 7, maxRows: 1_000 })).toBe(500);
    expect(await left()).toEqual([{ message: '1 day', count: 1_000 }]);
  });
});
