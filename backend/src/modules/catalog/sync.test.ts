import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { Socket } from 'socket.io-client';
import { type Sandbox, startSandbox } from '../../../local/providers/sandbox.ts';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import type { Sync } from './sync-schema.ts';

let sandbox: Sandbox;
let app: TestApp;
let client: Client;
let admin: string;
let socket: Socket;
/** What the socket was told, by synchronisation. */
const told = new Map<string, Sync[]>();
const listeners = new Set<() => void>();

beforeAll(async () => {
  sandbox = await startSandbox();
  app = await startTestApp({
    environment: { ...sandbox.environment, JUSTTCG_PAGE_SIZE: '25', RATE_LIMIT_SIGNED_IN: '1000' },
  });
  client = new Client({ connectionString: app.database.url });
  await client.connect();
  admin = (await app.signUp({ role: 'admin' })).accessToken;
  socket = await app.connect(admin);
  socket.on('catalog:sync-progress', (sync: Sync) => {
    told.set(sync.id, [...(told.get(sync.id) ?? []), sync]);
    for (const listener of listeners) listener();
  });
}, 30_000);
afterAll(async () => {
  await client.end();
  await app.stop();
  await sandbox.close();
});
afterEach(() => {
  sandbox.heal('justtcg');
  sandbox.provider('justtcg').log.clear();
});

const request = (body: object, token = admin) =>
  app.request.post('/api/v1/catalog/syncs').set('authorization', `Bearer ${token}`).send(body);
const look = async (id: string): Promise<Sync> =>
  (await app.request.get(`/api/v1/catalog/syncs/${id}`).set('authorization', `Bearer ${admin}`))
    .body as Sync;

/** Asks for it, watches it over the socket, and resolves with what was told first that `is` so. */
async function until(id: string, is: (sync: Sync) => boolean): Promise<Sync> {
  const first = (await socket.timeout(5_000).emitWithAck('catalog:watch-sync', { syncId: id })) as {
    ok: boolean;
    data: Sync;
  };
  expect(first.ok).toBe(true);
  if (is(first.data)) return first.data;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`Last told: ${JSON.stringify(told.get(id)?.at(-1))}`));
    }, 20_000);
    const check = () => {
      const found = told.get(id)?.find(is);
      if (!found) return;
      clearTimeout(timer);
      listeners.delete(check);
      resolve(found);
    };
    listeners.add(check);
    check();
  });
}
const status = (wanted: Sync['status']) => (sync: Sync) => sync.status === wanted;

async function start(
  set: string,
  kind: 'set' | 'variants' = 'set',
  game = 'pokemon',
): Promise<Sync> {
  const response = await request({ game, set: `${set}-${game}`, kind });
  expect(response.body).toMatchObject({ kind, gameId: game, setId: `${set}-${game}` });
  return response.body as Sync;
}
const count = async (sql: string): Promise<number> =>
  (await client.query<{ count: number }>(`select count(*)::integer as count from ${sql}`)).rows[0]
    ?.count ?? Number.NaN;
const pagesAsked = () =>
  sandbox
    .calls('justtcg')
    .filter(({ path, method }) => method === 'GET' && path.includes('/cards?'))
    .map(({ path }) => Number(new URL(path, 'http://x').searchParams.get('offset')));

test('a set is synchronised page by page, and its progress told to who watches', async () => {
  const response = await request({ game: 'pokemon', set: 'ironwood-pokemon' });
  expect(response.status).toBe(202);
  const { id } = response.body as Sync;
  expect(response.headers.location).toBe(`/api/v1/catalog/syncs/${id}`);
  const done = await until(id, status('completed'));
  const { total } = done;
  expect(total).toBeGreaterThan(50);
  expect(done).toMatchObject({
    done: total,
    pages: Math.ceil((total ?? 0) / 25),
    cards: { inserted: total, updated: 0, unchanged: 0, rejected: 0 },
    errorCode: null,
  });
  expect(await look(id)).toEqual(done);
  expect(await count(`catalog.cards where set_id = 'ironwood-pokemon'`)).toBe(total);
  expect(await count(`catalog.variants`)).toBe(done.variants.inserted);
  const progress = told.get(id)?.map((sync) => sync.done) ?? [];
  expect(progress).toEqual(progress.toSorted((one, other) => one - other));
  expect(pagesAsked()).toEqual(Array.from({ length: done.pages }, (_, page) => page * 25));
  expect(
    await app.metric('bulwark_batch_upsert_duration_seconds', { batch: 'page', outcome: 'stored' }),
  ).toBeDefined();

  const again = await until((await start('ironwood')).id, status('completed'));
  expect(again.cards).toEqual({ inserted: 0, updated: 0, unchanged: total, rejected: 0 });
});

test('prices are refreshed, for the cards that are here, by the batch', async () => {
  await until((await start('echoes')).id, status('completed'));
  sandbox.movePrices();
  const refreshed = await until((await start('echoes', 'variants')).id, status('completed'));
  expect(refreshed.done).toBe(refreshed.total);
  expect(refreshed.cards).toMatchObject({ unchanged: refreshed.total, inserted: 0 });
  expect(refreshed.variants.updated).toBeGreaterThan(10);
  expect(refreshed.variants.unchanged).toBeGreaterThan(10);
  expect(refreshed.variants.inserted).toBe(0);
});

test('a card that cannot be stored costs nobody else, and is named', async () => {
  const done = await until((await start('errata-promos')).id, status('completed'));
  expect(done.cards).toMatchObject({ inserted: (done.total ?? 0) - 1, rejected: 1 });
  expect(done.rejections[0]).toMatchObject({ kind: 'card', reason: 'name is missing or too long' });
  expect(done.rejections).toContainEqual(
    expect.objectContaining({ kind: 'variant', reason: 'its card was rejected' }),
  );
});

test('a second one for the same set is the first one', async () => {
  sandbox.misbehave('justtcg', { latencyMs: 300 });
  const first = await request({ game: 'pokemon', set: 'storm-front-pokemon' });
  const second = await request({ game: 'pokemon', set: 'storm-front-pokemon' });
  expect([first.status, second.status]).toEqual([202, 200]);
  const { id } = first.body as Sync;
  expect((second.body as Sync).id).toBe(id);
  // Another kind is another one.
  const other = await request({ game: 'pokemon', set: 'storm-front-pokemon', kind: 'variants' });
  expect(other.status).toBe(202);
  sandbox.heal('justtcg');
  await until(id, status('completed'));
  const next = await request({ game: 'pokemon', set: 'storm-front-pokemon' });
  expect(next.status).toBe(202);
  // They would ask for pages, and meet faults, of the tests behind this one.
  for (const { body } of [other, next]) await until((body as Sync).id, status('completed'));
});

describe('when the provider fails', () => {
  test.each<[string, string, Parameters<Sandbox['misbehave']>[1]]>([
    ['with 503', 'night-market', { status: 503, forNext: 2 }],
    ['by cutting the connection', 'tides-of-amber', { reset: true, forNext: 2 }],
    ['with nonsense', 'echoes', { garbage: true, forNext: 2 }],
  ])('%s, the policy tries again and each page is stored once', async (_how, set, faults) => {
    // Late enough for the fault to be there before the second page.
    sandbox.misbehave('justtcg', { latencyMs: 100 });
    const { id } = await start(set, 'set', 'yugioh');
    sandbox.misbehave('justtcg', faults);
    const done = await until(id, status('completed'));
    expect(done.cards).toMatchObject({ inserted: done.total, unchanged: 0, updated: 0 });
    expect(done.pages).toBe(Math.ceil((done.total ?? 0) / 25));
    expect(sandbox.calls('justtcg').filter(({ spoilt }) => spoilt).length).toBeGreaterThan(1);
  });

  test('by refusing, the attempt fails and is shown with its code, and the next one goes on where it was', async () => {
    sandbox.misbehave('justtcg', { latencyMs: 100 });
    const { id } = await start('first-light', 'set', 'digimon-card-game');
    await until(id, (sync) => sync.pages > 0);
    // Once, as the next attempt may come before this test sees the first one fail.
    sandbox.misbehave('justtcg', { status: 404, forNext: 1 });
    const stuck = await until(id, status('retrying'));
    expect(stuck.errorCode).toBe('UPSTREAM_REJECTED');
    const done = await until(id, status('completed'));
    expect(done.cards).toMatchObject({ inserted: done.total, unchanged: 0, updated: 0 });
    // Only the page that failed was asked for more than once.
    const asked = pagesAsked();
    for (const offset of new Set(asked))
      expect([offset, asked.filter((one) => one === offset).length]).toEqual([
        offset,
        offset === stuck.done ? 2 : 1,
      ]);
  }, 30_000);

  test('to have calls left, it stops in time and goes on the next day', async () => {
    sandbox.misbehave('justtcg', { quota: { remaining: 22 } });
    const { id } = await start('first-light', 'set', 'yugioh');
    const waiting = await until(id, status('waiting'));
    expect(waiting.errorCode).toBe('UPSTREAM_QUOTA_EXCEEDED');
    const midnight = new Date();
    midnight.setUTCHours(24, 0, 0, 0);
    expect(waiting.resumesAt).toBe(midnight.toISOString());
    expect(waiting.pages).toBeLessThan(Math.ceil((waiting.total ?? Infinity) / 25));
    expect(sandbox.provider('justtcg').quota.remaining()).toBe(20);
    // The job goes back right behind what was told.
    const postponed = async () => {
      const { rows } = await client.query<{ seconds: number; retries: number }>(
        `select extract(epoch from start_after - now())::float8 as seconds, retry_count as retries
         from pgboss.job where data->'payload'->>'syncId' = $1 and state <> 'active'`,
        [id],
      );
      return rows[0];
    };
    let found = await postponed();
    for (const giveUpAt = Date.now() + 5_000; !found && Date.now() < giveUpAt;)
      found = await postponed();
    expect(found?.seconds).toBeGreaterThan((midnight.getTime() - Date.now()) / 1000 - 60);
    expect(found?.retries).toBe(0);
  });
});

describe('who may', () => {
  test('only admins ask for one, look at one, and watch one', async () => {
    const { accessToken } = await app.signUp();
    expect((await request({ game: 'pokemon', set: 'echoes-pokemon' }, accessToken)).status).toBe(
      403,
    );
    expect((await app.request.get('/api/v1/catalog/syncs')).status).toBe(401);
    const other = await app.connect(accessToken);
    const answer: unknown = await other
      .timeout(5_000)
      .emitWithAck('catalog:watch-sync', { syncId: [...told.keys()][0] });
    expect(answer).toMatchObject({ ok: false, error: { error: 'FORBIDDEN' } });
  });

  test('a set that the provider does not have is refused', async () => {
    const response = await request({ game: 'pokemon', set: 'nowhere' });
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ error: 'VALIDATION_FAILED' });
  });

  test('the latest are listed', async () => {
    const response = await app.request
      .get('/api/v1/catalog/syncs?status=completed&limit=2')
      .set('authorization', `Bearer ${admin}`);
    expect((response.body as { items: Sync[] }).items).toHaveLength(2);
  });
});

test('asked for a long pause, it waits for its end, and no attempt is lost by it', async () => {
  sandbox.misbehave('justtcg', { latencyMs: 100 });
  const { id } = await start('shattered-crown', 'set', 'yugioh');
  sandbox.misbehave('justtcg', { rate429: { retryAfterSeconds: 600 }, forNext: 1 });
  const waiting = await until(id, status('waiting'));
  expect(waiting.errorCode).toBe('UPSTREAM_RATE_LIMITED');
  const resumesIn = new Date(waiting.resumesAt ?? 0).getTime() - Date.now();
  expect(resumesIn).toBeGreaterThan(590_000);
  expect(resumesIn).toBeLessThan(610_000);
});
