import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import type { Database } from '../../kernel/db/index.ts';
import { batchOf } from './batch.ts';
import {
  createSyncRepository,
  type StoredPage,
  SyncMoved,
  type SyncPlace,
  type SyncRepository,
} from './sync-repository.ts';

let cloned: ClonedDatabase;
let db: Database;
let syncs: SyncRepository;
const shelf = { gameId: 'pokemon', setId: 'base' };

beforeAll(async () => {
  cloned = await openTestDatabase();
  db = openDatabase(cloned.url);
  syncs = createSyncRepository(db);
  await syncs.shelve(
    { id: 'pokemon', name: 'Pokemon' },
    { id: 'base', name: 'Base', cardCount: 2, releasedOn: null },
  );
});
afterAll(async () => {
  await db.close();
  await cloned.drop();
});

const open = async (): Promise<SyncPlace> => {
  const row = { kind: 'set' as const, ...shelf, requestedBy: null, requestId: 'a-request' };
  const { sync } = await syncs.transaction((tx) => syncs.openOrCreate(tx, row));
  return sync;
};
const began = async (id: string): Promise<SyncPlace> => {
  const place = await syncs.begin(id);
  if (!place) throw new Error('It could not be begun');
  return place;
};
const pageOf = (name: string, last: boolean): StoredPage => ({
  batch: batchOf([{ uuid: randomUUID(), id: 'a-card', name, variants: [] }], shelf),
  seen: new Date(),
  asked: 1,
  total: 2,
  lastCardId: null,
  last,
});
const store = (place: SyncPlace, page: StoredPage) =>
  syncs.transaction((tx) => syncs.storePage(tx, place, page));
const names = async (): Promise<string[]> =>
  (
    await db.asService((tx) =>
      tx.query<{ name: string }>(`select name from catalog.cards order by 1`),
    )
  ).rows.map(({ name }) => name);

test('of two workers with the same page one stores it, and the other nothing', async () => {
  const { id } = await open();
  const [mine, theirs] = [await began(id), await began(id)];
  const outcomes = await Promise.allSettled([
    store(mine, pageOf('One', false)),
    store(theirs, pageOf('Other', false)),
  ]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: expect.any(SyncMoved) as unknown,
  });
  expect(await names()).toHaveLength(1);

  // The slower one is told so at its next page, too.
  const place = await began(id);
  expect(place).toMatchObject({ done: 1, pages: 1 });
  await expect(store(theirs, pageOf('Late', true))).rejects.toThrow(SyncMoved);
  const { sync } = await store(place, pageOf('Last', true));
  expect(sync).toMatchObject({ status: 'completed', done: 2, cards: { inserted: 2 } });
  expect(await syncs.begin(id)).toBeUndefined();
});

test('one that has failed can be begun again, unless another one has taken its place', async () => {
  const first = await open();
  await began(first.id);
  await syncs.pause(first.id, { status: 'failed', errorCode: 'UPSTREAM_UNAVAILABLE' });
  expect(await began(first.id)).toMatchObject({ status: 'running', errorCode: null });
  await syncs.pause(first.id, { status: 'failed', errorCode: 'UPSTREAM_UNAVAILABLE' });

  const second = await open();
  expect(second.id).not.toBe(first.id);
  expect(await syncs.begin(first.id)).toBeUndefined();
  // Whoever asks again is shown the one that is under way.
  expect((await open()).id).toBe(second.id);
});
