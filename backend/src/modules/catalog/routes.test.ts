import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import { batchOf } from './batch.ts';
import type { CardPage, CardWithVariants } from './schema.ts';
import { upsertCards } from './upsert-repository.ts';

let app: TestApp;
let client: Client;
let admin: string;
const ids = Array.from({ length: 7 }, () => randomUUID());
const names = [
  'Amber Drake',
  'Brave Lynx',
  'Brave Lynx',
  'Dusk_Imp',
  'Ember Golem',
  'Frost',
  'Jade',
];

beforeAll(async () => {
  // No provider is configured: what is here can be read all the same.
  app = await startTestApp();
  admin = (await app.signUp({ role: 'admin' })).accessToken;
  client = new Client({ connectionString: app.database.url });
  await client.connect();
  await client.query(
    `insert into catalog.games (id, name) values ('pokemon', 'Pokemon'), ('yugioh', 'YuGiOh');
     insert into catalog.sets (game_id, id, name, card_count, released_on) values
       ('pokemon', 'base', 'Base', 7, '2024-01-02'), ('pokemon', 'jungle', 'Jungle', 1, '2025-01-02')`,
  );
  const db = openDatabase(app.database.url);
  const cards = names.map((name, nr) => ({
    uuid: ids[nr],
    id: `card-${nr}`,
    name,
    number: String(nr),
    rarity: nr % 2 === 0 ? 'Rare' : 'Common',
    tcgplayerId: null,
    variants: [3.5, 2.25].map((price) => ({
      uuid: randomUUID(),
      id: `card-${nr}-${price}`,
      condition: price > 3 ? 'Near Mint' : 'Damaged',
      printing: 'Normal',
      language: 'English',
      price,
      lastUpdated: 1_793_491_200,
    })),
  }));
  await db.asService((tx) =>
    upsertCards(tx, batchOf(cards, { gameId: 'pokemon', setId: 'base' }), new Date()),
  );
  await db.close();
}, 30_000);
afterAll(async () => {
  await client.end();
  await app.stop();
});

const get = (path: string) => app.request.get(`/api/v1/catalog${path}`);
const page = async (query: string): Promise<CardPage> =>
  (await get(`/cards?${query}`)).body as CardPage;
const patch = (id: string | undefined, body: object, token = admin) =>
  app.request
    .patch(`/api/v1/catalog/cards/${id}`)
    .set('authorization', `Bearer ${token}`)
    .send(body);

test('games and sets are listed for anybody', async () => {
  expect((await get('/games')).body).toEqual({
    items: [
      { id: 'pokemon', name: 'Pokemon', setCount: 2 },
      { id: 'yugioh', name: 'YuGiOh', setCount: 0 },
    ],
  });
  expect((await get('/games/pokemon/sets')).body).toMatchObject({
    items: [
      { id: 'jungle', releasedOn: '2025-01-02', syncedAt: null },
      { id: 'base', cardCount: 7 },
    ],
  });
  expect((await get('/games/nobody/sets')).body).toEqual({ items: [] });
});

test('cards come by name, page by page, each once', async () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const { items, nextCursor }: CardPage = await page(
      `limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    expect(items.length).toBeLessThanOrEqual(2);
    seen.push(...items.map(({ id }) => id));
    cursor = nextCursor;
  } while (cursor !== null);
  expect(seen).toHaveLength(7);
  expect(new Set(seen)).toEqual(new Set(ids));
});

test.each([
  ['game=pokemon&set=base', 7],
  ['game=pokemon&set=jungle', 0],
  ['game=yugioh', 0],
  ['rarity=Rare', 4],
  ['q=brave', 2],
  // A wildcard of SQL is a letter like any other.
  ['q=k_i', 1],
  ['q=b%25r', 0],
])('%s finds %i', async (query, found) => {
  expect((await page(query)).items).toHaveLength(found);
});

test('a card has its variants and its lowest price', async () => {
  const body = (await get(`/cards/${ids[0]}`)).body as CardWithVariants;
  expect(body).toMatchObject({ name: 'Amber Drake', setName: 'Base', lowestPrice: 2.25 });
  expect(body.variants.map(({ price }) => price)).toEqual([3.5, 2.25]);
  expect((await get(`/cards/${randomUUID()}`)).status).toBe(404);
});

test.each(['set=base', 'cursor=nonsense', 'limit=101', 'q=x', 'game=../etc'])(
  '%s is refused',
  async (query) => {
    const response = await get(`/cards?${query}`);
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ error: 'VALIDATION_FAILED' });
  },
);

describe('caching', () => {
  test('an answer may be kept by anybody, and is not sent again to who has it', async () => {
    const first = await get(`/cards/${ids[1]}`);
    expect(first.headers['cache-control']).toBe('public, max-age=60, stale-while-revalidate=300');
    const { etag = '' } = first.headers as { etag?: string };
    const second = await get(`/cards/${ids[1]}`).set('if-none-match', `W/${etag}`);
    expect(second.status).toBe(304);
    expect(second.text).toBe('');
    await client.query('update catalog.variants set price = 9 where card_id = $1', [ids[1]]);
    expect((await get(`/cards/${ids[1]}`).set('if-none-match', etag)).status).toBe(200);
  });

  test('what somebody signed in is shown is for nobody else', async () => {
    const response = await get('/cards').set('authorization', `Bearer ${admin}`);
    expect(response.headers['cache-control']).toBe('private, no-cache');
    expect(response.headers.vary).toMatch(/Authorization/);
  });
});

describe('publishing and correcting', () => {
  test('a hidden card is shown to admins alone, and comes back', async () => {
    expect((await patch(ids[2], { isPublished: false })).body).toMatchObject({
      isPublished: false,
    });
    expect((await get(`/cards/${ids[2]}`)).status).toBe(404);
    expect((await page('q=brave')).items).toHaveLength(1);
    const own = await get(`/cards/${ids[2]}`).set('authorization', `Bearer ${admin}`);
    expect(own.status).toBe(200);
    await patch(ids[2], { isPublished: true });
    expect((await get(`/cards/${ids[2]}`)).status).toBe(200);
  });

  test('a correction is shown, and null takes it back', async () => {
    const corrected = await patch(ids[3], { name: 'Dusk Imp', rarity: 'Ultra Rare' });
    expect(corrected.body).toMatchObject({
      name: 'Dusk Imp',
      rarity: 'Ultra Rare',
      number: '3',
      isCorrected: true,
    });
    expect((await page('rarity=Ultra%20Rare')).items).toHaveLength(1);
    const back = await patch(ids[3], { name: null, rarity: null });
    expect(back.body).toMatchObject({ name: 'Dusk_Imp', rarity: 'Common', isCorrected: false });
  });

  test('others may not', async () => {
    const { accessToken } = await app.signUp();
    expect((await patch(ids[0], { isPublished: false }, accessToken)).status).toBe(403);
    expect((await app.request.patch(`/api/v1/catalog/cards/${ids[0]}`).send({})).status).toBe(401);
    expect((await patch(randomUUID(), { isPublished: false })).status).toBe(404);
    expect((await patch(ids[0], {})).status).toBe(400);
  });
});

test('without a key nothing is synchronised, and the answer says why', async () => {
  const response = await app.request
    .post('/api/v1/catalog/syncs')
    .set('authorization', `Bearer ${admin}`)
    .send({ game: 'pokemon', set: 'base' });
  expect(response.status).toBe(501);
  expect(response.body).toMatchObject({
    error: 'NOT_IMPLEMENTED',
    message: 'This server has no access to JustTCG, so it cannot synchronise cards.',
  });
  const unknown = get('/certificates/12345678').set('authorization', `Bearer ${admin}`);
  expect((await unknown).status).toBe(501);
});
