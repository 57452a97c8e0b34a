import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import {
  startCaches,
  type TestCaches,
  type TestCachesOptions,
  until,
} from '../../../test/support/caches.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import { startTcpRelay, type TcpRelay } from '../../../test/support/tcp-relay.ts';
import { Joi } from '../schema/index.ts';

const schema = Joi.string();
const never = (): Promise<string> => Promise.reject(new Error('must not be loaded'));
const says = (value: string) => (): Promise<string> => Promise.resolve(value);

let database: ClonedDatabase;
let relay: TcpRelay | undefined;
const opened: TestCaches[] = [];

beforeAll(async () => {
  database = await openTestDatabase();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  await relay?.close();
  relay = undefined;
});
afterAll(async () => {
  await database.drop();
});

async function open(options: Partial<TestCachesOptions> = {}): Promise<TestCaches> {
  const own = await startCaches({ databaseUrl: database.url, ...options });
  opened.push(own);
  return own;
}

test('while the store is down each process caches for itself, and finds back', async () => {
  relay = await startTcpRelay(database.url);
  const { caches, said, metric } = await open({ storeUrl: relay.url, storeWithinMs: 2_000 });
  const cache = caches.create({ name: 'alone', schema });
  relay.refuse();
  relay.reset();
  let loads = 0;
  const load = async (): Promise<string> => {
    loads += 1;
    return Promise.resolve('loaded');
  };
  const answers = await Promise.all(Array.from({ length: 20 }, () => cache.get('a', load)));
  expect(answers.map(({ value }) => value)).toEqual(Array(20).fill('loaded'));
  expect(await cache.get('a', never)).toMatchObject({ state: 'fresh' });
  expect(loads).toBe(1);
  expect(said).toEqual(['The store of the caches is down: each process is on its own']);
  expect(await metric('bulwark_cache_store_up')).toBe(0);
  await expect(cache.invalidate('a')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  expect((await cache.get('a', says('anew'))).value).toBe('anew');

  relay.recover();
  let keys = 0;
  await until(
    () => cache.get(`another ${(keys += 1)}`, says('shared')),
    () => said.length > 1,
  );
  expect(said).toContain('The store of the caches answers again');
  expect(await metric('bulwark_cache_store_up')).toBe(1);
});

test('a store that falls silent costs one wait, not one for each call', async () => {
  relay = await startTcpRelay(database.url);
  const { caches } = await open({ storeUrl: relay.url, storeWithinMs: 300 });
  const cache = caches.create({ name: 'silent', schema });
  await cache.get('first', says('first'));
  relay.swallow();
  const began = performance.now();
  for (let count = 0; count < 20; count += 1) await cache.get(`key ${count}`, says('loaded'));
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('an invalidation that is not heard of costs a second where no line stands', async () => {
  const [one, deaf] = await Promise.all([open(), open({ hears: false })]);
  const [cache, unheard] = [one, deaf].map(({ caches }) => caches.create({ name: 'deaf', schema }));
  await cache?.get('a', says('old'));
  await unheard?.get('a', never);
  await cache?.invalidate('a');
  expect((await unheard?.get('a', says('new')))?.value).toBe('old');
  const began = performance.now();
  await until(
    async () => unheard?.get('a', says('new')),
    (answer) => answer?.value === 'new',
  );
  expect(performance.now() - began).toBeLessThan(3_000);
});

test('memory keeps within its bounds, and what fell out is in the store', async () => {
  const { caches, metric } = await open({
    memory: { memoryBytes: 256 * 1024, memoryEntries: 50 },
  });
  const small = caches.create({ name: 'small', schema });
  for (let count = 0; count < 80; count += 1) await small.get(`${count}`, says('little'));
  expect(await metric('bulwark_cache_memory_entries', { cache: 'small' })).toBe(50);
  expect(await small.get('0', never)).toMatchObject({ state: 'fresh' });

  const big = caches.create({ name: 'big', schema });
  for (let count = 0; count < 20; count += 1) await big.get(`${count}`, says('x'.repeat(40_000)));
  expect(await metric('bulwark_cache_memory_bytes')).toBeLessThanOrEqual(256 * 1024);
  expect(await metric('bulwark_cache_memory_entries', { cache: 'big' })).toBeLessThan(10);
  expect(await metric('bulwark_cache_memory_entries', { cache: 'big' })).toBeGreaterThan(3);
});

test('what is too big is served and not kept', async () => {
  const { caches, said, metric } = await open();
  const cache = caches.create({ name: 'huge', schema });
  const huge = 'x'.repeat(1024 ** 2);
  expect((await cache.get('a', says(huge))).value).toHaveLength(huge.length);
  expect(await cache.peek('a')).toBeUndefined();
  expect(said).toEqual(['A value is too big to be cached']);
  expect(await metric('bulwark_cache_loads_total', { cache: 'huge', outcome: 'not-kept' })).toBe(1);
});

test('everything is counted', async () => {
  const { caches, metric } = await open();
  const cache = caches.create({ name: 'counted', schema });
  await cache.get('a', says('loaded'));
  await cache.get('a', never);
  await expect(cache.get('b', never)).rejects.toThrow();
  const gets = (state: string) => metric('bulwark_cache_gets_total', { cache: 'counted', state });
  expect(await Promise.all(['miss', 'fresh', 'stale', 'failed'].map(gets))).toEqual([1, 1, 0, 1]);
  const loads = (outcome: string) =>
    metric('bulwark_cache_loads_total', { cache: 'counted', outcome });
  expect(await Promise.all(['kept', 'failed'].map(loads))).toEqual([1, 1]);
});

test('the sweep leaves what is of use, and the table is none for clients', async () => {
  const { caches, store } = await open();
  const cache = caches.create({ name: 'swept', schema });
  for (const key of ['useful', 'late']) await cache.get(key, says(key));
  const db = openDatabase(database.url);
  const query = async <R>(sql: string): Promise<R[]> =>
    (await db.statement<R>(sql, [], 2_000)).rows;
  try {
    await query(
      `update bulwark.cache_entries set usable_until = now() - interval '1 s' where key = 'late'`,
    );
    await store.sweep();
    expect(
      await query(`select key from bulwark.cache_entries where cache = 'swept' order by key`),
    ).toEqual([{ key: 'useful' }]);
    expect(
      await query(
        `select role from unnest(array['anon', 'authenticated', 'service_role']) as role
         where has_table_privilege(role, 'bulwark.cache_entries', 'select, insert, update, delete')`,
      ),
    ).toEqual([]);
  } finally {
    await db.close(500);
  }
});
