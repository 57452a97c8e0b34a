import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import type { Database } from '../../kernel/db/index.ts';
import { batchOf, type RowOutcome, type SourceCard, tally } from './batch.ts';
import { upsertCards } from './upsert-repository.ts';

let cloned: ClonedDatabase;
let db: Database;
let client: Client;
const shelf = { gameId: 'pokemon', setId: 'base' };

beforeAll(async () => {
  cloned = await openTestDatabase();
  db = openDatabase(cloned.url);
  client = new Client({ connectionString: cloned.url });
  await client.connect();
  await client.query(
    `insert into catalog.games (id, name) values ('pokemon', 'Pokemon');
     insert into catalog.sets (game_id, id, name, card_count) values ('pokemon', 'base', 'Base', 3)`,
  );
});
afterAll(async () => {
  await client.end();
  await db.close();
  await cloned.drop();
});
beforeEach(() => client.query('delete from catalog.cards'));

const aVariant = (more: object = {}) => ({
  uuid: randomUUID(),
  id: 'a-variant',
  condition: 'Near Mint',
  printing: 'Normal',
  language: 'English',
  price: 1.5,
  lastUpdated: 1_793_491_200,
  ...more,
});
const aCard = (more: object = {}) => ({
  uuid: randomUUID(),
  id: 'a-card',
  name: 'Amber Drake',
  number: '001',
  rarity: 'Rare',
  tcgplayerId: '1234',
  variants: [aVariant()],
  ...more,
});

const store = (cards: readonly SourceCard[], seen = new Date()): Promise<RowOutcome[]> =>
  db.asService((tx) => upsertCards(tx, batchOf(cards, shelf), seen));
const told = (rows: readonly RowOutcome[]) =>
  rows.map(({ kind, cardRow, variantRow, outcome, reason }) => [
    kind === 'card' ? `card ${cardRow}` : `variant ${cardRow}.${variantRow}`,
    outcome,
    ...(reason === null ? [] : [reason]),
  ]);
const column = async (sql: string): Promise<unknown[]> =>
  (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows.map(([first]) => first);

test('rows are inserted, then unchanged but seen, then updated where something differs', async () => {
  const cards = [aCard({ name: 'One' }), aCard({ name: 'Two' })] as const;
  expect(told(await store(cards, new Date('2026-01-01')))).toEqual([
    ['card 1', 'inserted'],
    ['card 2', 'inserted'],
    ['variant 1.1', 'inserted'],
    ['variant 2.1', 'inserted'],
  ]);
  const again = await store(cards, new Date('2026-01-02'));
  expect(tally(again, 'card')).toMatchObject({ unchanged: 2 });
  expect(tally(again, 'variant')).toMatchObject({ unchanged: 2 });
  expect(await column('select distinct last_seen_at from catalog.variants')).toEqual([
    new Date('2026-01-02'),
  ]);
  expect(await column('select distinct first_seen_at from catalog.variants')).toEqual([
    new Date('2026-01-01'),
  ]);

  const [one, two] = cards;
  const dearer = { ...two, variants: [{ ...two.variants[0], price: 2 }] };
  expect(told(await store([{ ...one, rarity: 'Common' }, dearer]))).toEqual([
    ['card 1', 'updated'],
    ['card 2', 'unchanged'],
    ['variant 1.1', 'unchanged'],
    ['variant 2.1', 'updated'],
  ]);
});

const deep = { a: { b: 'c' } };
describe('a bad row is rejected with its reason, and the others are stored', () => {
  test.each<[string, object, string]>([
    ['no name', { name: ' ' }, 'name is missing or too long'],
    ['a name that is an object', { name: deep }, 'has characters that cannot be stored'],
    ['an endless name', { name: 'x'.repeat(301) }, 'name is missing or too long'],
    ['a NUL', { name: 'a\0b' }, 'has characters that cannot be stored'],
    ['half a character', { rarity: 'a\ud800' }, 'has characters that cannot be stored'],
    ['no uuid', { uuid: undefined }, 'id is no uuid'],
    ['a uuid that is none', { uuid: "1'; drop table catalog.cards" }, 'id is no uuid'],
    ['no slug', { id: null }, 'slug is missing or too long'],
    ['an endless number', { number: '1'.repeat(61) }, 'number is too long'],
  ])('a card with %s', async (_what, wrong, reason) => {
    const rows = await store([aCard(), aCard(wrong), aCard()]);
    expect(told(rows)).toEqual([
      ['card 1', 'inserted'],
      ['card 2', 'rejected', reason],
      ['card 3', 'inserted'],
      ['variant 1.1', 'inserted'],
      // What stands in a row that is unreadable is not looked at.
      ...(reason.startsWith('has characters')
        ? []
        : [['variant 2.1', 'rejected', 'its card was rejected']]),
      ['variant 3.1', 'inserted'],
    ]);
    expect(await column('select count(*)::integer from catalog.cards')).toEqual([2]);
  });

  test.each<[string, unknown, string]>([
    ['a price below 0', aVariant({ price: -1 }), 'price is out of range'],
    ['a price beyond all reason', aVariant({ price: 1e300 }), 'price is out of range'],
    ['a price in words', aVariant({ price: '12' }), 'price is no number'],
    ['no condition', aVariant({ condition: undefined }), 'condition is missing or too long'],
    ['a time that is none', aVariant({ lastUpdated: 1e15 }), 'pricedAt is out of range'],
    ['nothing in it', null, 'id is no uuid'],
    ['a NUL', aVariant({ printing: '\0' }), 'has characters that cannot be stored'],
  ])('a variant with %s', async (_what, wrong, reason) => {
    const rows = await store([aCard({ variants: [aVariant(), wrong, aVariant({ price: null })] })]);
    expect(told(rows)).toEqual([
      ['card 1', 'inserted'],
      ['variant 1.1', 'inserted'],
      ['variant 1.2', 'rejected', reason],
      ['variant 1.3', 'inserted'],
    ]);
  });

  test('a card of a set that is not here', async () => {
    const batch = batchOf([aCard()], { gameId: 'pokemon', setId: 'nowhere' });
    const rows = await db.asService((tx) => upsertCards(tx, batch, new Date()));
    expect(told(rows)[0]).toEqual(['card 1', 'rejected', 'set is unknown']);
  });

  test('what is no object at all', async () => {
    const batch = [null, 5, 'x', [], ...batchOf([aCard()], shelf)];
    const rows = await db.asService((tx) => upsertCards(tx, batch, new Date()));
    expect(rows.filter(({ kind }) => kind === 'card').map(({ outcome }) => outcome)).toEqual([
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'inserted',
    ]);
  });
});

test('of the same card or variant twice in a batch the last one counts, whatever its case', async () => {
  const uuid = randomUUID();
  const variant = randomUUID();
  const first = aCard({ uuid: uuid.toUpperCase(), name: 'First' });
  const last = aCard({
    uuid,
    name: 'Last',
    variants: [aVariant({ uuid: variant, price: 1 }), aVariant({ uuid: variant, price: 2 })],
  });
  // One that is rejected is no rival.
  const broken = aCard({ uuid, name: '' });
  expect(told(await store([first, last, broken]))).toEqual([
    ['card 1', 'rejected', 'the same card comes again later in the batch'],
    ['card 2', 'inserted'],
    ['card 3', 'rejected', 'name is missing or too long'],
    ['variant 1.1', 'rejected', 'its card was rejected'],
    ['variant 2.1', 'rejected', 'the same variant comes again later in the batch'],
    ['variant 2.2', 'inserted'],
    ['variant 3.1', 'rejected', 'its card was rejected'],
  ]);
  expect(await column('select name from catalog.cards')).toEqual(['Last']);
  expect(await column('select price::float8 from catalog.variants')).toEqual([2]);
});

test('batches that overlap in opposite orders wait for each other and do not deadlock', async () => {
  const cards = Array.from({ length: 40 }, () => aCard());
  const rounds = Array.from({ length: 12 }, (_, round) =>
    store(
      (round % 2 === 0 ? cards : cards.toReversed()).map((card) => ({
        ...card,
        name: `Round ${round}`,
      })),
    ),
  );
  const results = await Promise.all(rounds);
  for (const rows of results) expect(tally(rows, 'card').rejected).toBe(0);
  expect(new Set(await column('select name from catalog.cards')).size).toBe(1);
  const deadlocks = await column(
    `select deadlocks::integer from pg_stat_database where datname = current_database()`,
  );
  expect(deadlocks).toEqual([0]);
});

test('a correction outlives what the provider says, and a hidden card stays hidden', async () => {
  const card = aCard();
  await store([card]);
  await client.query(
    `update catalog.cards set corrections = '{"name":"Corrected"}', is_published = false`,
  );
  expect(told(await store([{ ...card, name: 'Provider says' }]))[0]).toEqual(['card 1', 'updated']);
  expect(await column('select name from catalog.cards')).toEqual(['Corrected']);
  expect(await column('select source_name from catalog.cards')).toEqual(['Provider says']);
  expect(await column('select is_published from catalog.cards')).toEqual([false]);
});

describe('past this server', () => {
  const as = async (role: string, claims: object, sql: string): Promise<unknown[]> => {
    await client.query('begin');
    try {
      await client.query(
        `select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)`,
        [role, JSON.stringify(claims)],
      );
      return await column(sql);
    } finally {
      await client.query('rollback');
    }
  };
  const admin = { sub: randomUUID(), app_metadata: { role: 'admin' } };

  test('a hidden card and its variants are seen by admins only', async () => {
    await store([aCard()]);
    await client.query('update catalog.cards set is_published = false');
    for (const table of ['cards', 'variants']) {
      const sql = `select count(*)::integer from catalog.${table}`;
      expect(await as('anon', {}, sql)).toEqual([0]);
      expect(await as('authenticated', { sub: randomUUID() }, sql)).toEqual([0]);
      expect(await as('authenticated', admin, sql)).toEqual([1]);
    }
  });

  test.each([
    ['anon', {}, `select catalog.upsert_cards('[]', now())`],
    ['authenticated', admin, `select catalog.upsert_cards('[]', now())`],
    ['authenticated', admin, `update catalog.cards set source_name = 'x'`],
    ['authenticated', admin, `delete from catalog.cards`],
    ['authenticated', admin, `insert into catalog.games values ('a', 'b')`],
    ['anon', {}, `select * from catalog.syncs`],
    ['authenticated', admin, `update catalog.syncs set status = 'queued'`],
    ['authenticated', admin, `select * from catalog.provider_calls`],
  ])('as %s %j: %s is refused', async (role, claims, sql) => {
    await expect(as(role, claims, sql)).rejects.toMatchObject({ code: '42501' });
  });

  test('only admins change a card', async () => {
    await store([aCard()]);
    const sql = `update catalog.cards set is_published = false returning 1`;
    expect(await as('authenticated', { sub: randomUUID() }, sql)).toEqual([]);
    expect(await as('authenticated', admin, sql)).toEqual([1]);
  });
});
