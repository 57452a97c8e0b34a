import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import { pendingLoad, startCaches, type TestCaches, until } from '../../../test/support/caches.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { isInstalled } from '../../../test/support/programs.ts';
import { startRedisServer, type RedisServer } from '../../../test/support/redis-server.ts';
import { AppError } from '../errors/index.ts';
import { Joi, shape } from '../schema/index.ts';
import type { Cache, CacheDefinition } from './index.ts';

interface Card {
  name: string;
  at: Date;
}
const schema = shape({ name: Joi.string(), at: Joi.date() });
const at = new Date('2026-11-26T05:00:00.000Z');
const card = (name: string): Card => ({ name, at });

const stores = [
  { kind: 'Postgres' as const, each: test as typeof test.skip },
  { kind: 'Redis' as const, each: isInstalled('redis-server') ? test : test.skip },
];

let database: ClonedDatabase;
let redis: RedisServer | undefined;
const opened: TestCaches[] = [];
let names = 0;

beforeAll(async () => {
  database = await openTestDatabase();
  if (isInstalled('redis-server')) redis = await startRedisServer();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await redis?.stop();
  await database.drop();
});

async function process(kind: 'Postgres' | 'Redis'): Promise<TestCaches> {
  const own = await startCaches({
    databaseUrl: database.url,
    ...(kind === 'Redis' && { redisUrl: redis?.url ?? '' }),
  });
  opened.push(own);
  return own;
}

/** As many processes, each with the same cache of its own. */
async function open(
  kind: 'Postgres' | 'Redis',
  count: number,
  definition: Partial<CacheDefinition<Card>> = {},
): Promise<Cache<Card>[]> {
  const name = `cards-${(names += 1)}`;
  const own = await Promise.all(Array.from({ length: count }, () => process(kind)));
  return own.map(({ caches }) => caches.create({ name, schema, ...definition }));
}

const never = (): Promise<Card> => Promise.reject(new Error('must not be loaded'));
const failing = (): Promise<Card> => Promise.reject(new AppError('UPSTREAM_UNAVAILABLE'));

describe.each(stores)('over $kind', ({ kind, each }) => {
  each('a hundred calls in two processes are one load, and everybody has its value', async () => {
    const [one, other] = (await open(kind, 2)) as [Cache<Card>, Cache<Card>];
    const { load, asked, begun } = pendingLoad<Card>();
    const calls = Array.from({ length: 50 }, () => [one.get('a', load), other.get('a', load)]);
    (await begun(1)).resolve(card('first'));
    const answers = await Promise.all(calls.flat());
    expect(asked).toHaveLength(1);
    expect(answers.map(({ value }) => value)).toEqual(Array(100).fill(card('first')));
    expect(await other.get('a', never)).toMatchObject({ state: 'fresh', value: card('first') });
  });

  each('a new process finds what others have loaded, and its age', async () => {
    const [one, other] = (await open(kind, 2)) as [Cache<Card>, Cache<Card>];
    expect(await one.peek('a')).toBeUndefined();
    expect(await one.get('a', () => Promise.resolve(card('old')))).toMatchObject({
      state: 'miss',
      ageMs: 0,
    });
    const { ageMs } = await until(
      () => other.get('a', never),
      (answer) => answer.ageMs > 30,
    );
    expect(ageMs).toBeLessThan(60_000);
    expect((await other.peek('a'))?.value.at).toEqual(at);
  });

  each('what is stale is served at once and loaded anew behind the answer', async () => {
    const [one, other] = (await open(kind, 2, { freshMs: 30 })) as [Cache<Card>, Cache<Card>];
    await one.get('a', () => Promise.resolve(card('old')));
    const { load, begun, asked } = pendingLoad<Card>();
    const stale = await until(
      () => one.get('a', load),
      ({ state }) => state === 'stale',
    );
    expect(stale.value.name).toBe('old');
    expect(stale.ageMs).toBeGreaterThanOrEqual(30);
    const second = await begun(1);
    // Others serve it too, and do not load it a second time.
    expect(await other.get('a', never)).toMatchObject({ state: 'stale', value: card('old') });
    second.resolve(card('new'));
    await until(
      () => one.get('a', load),
      ({ value }) => value.name === 'new',
    );
    expect(asked.length).toBeLessThanOrEqual(2);
  });

  each(
    'while the loader fails the old value is served with its age, and errors never',
    async () => {
      const [one] = (await open(kind, 1, { freshMs: 20 })) as [Cache<Card>];
      await expect(one.get('a', failing)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      expect(await one.peek('a')).toBeUndefined();
      await one.get('a', () => Promise.resolve(card('old')));
      let tried = 0;
      const answer = await until(
        () =>
          one.get('a', () => {
            tried += 1;
            return failing();
          }),
        ({ ageMs }) => ageMs > 100,
      );
      expect(answer).toMatchObject({ state: 'stale', value: card('old') });
      expect(tried).toBe(1);
      expect(opened[0]?.said).toContain('A stale value could not be loaded anew');
    },
  );

  each(
    'what is too old to be served is loaded, and where that fails there is nothing',
    async () => {
      const [one] = (await open(kind, 1, { freshMs: 5, staleMs: 5 })) as [Cache<Card>];
      await one.get('a', () => Promise.resolve(card('old')));
      await until(
        () => one.peek('a'),
        (answer) => answer === undefined,
      );
      await expect(one.get('a', failing)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    },
  );

  each('an invalidation reaches every process', async () => {
    const [one, other] = (await open(kind, 2)) as [Cache<Card>, Cache<Card>];
    for (const key of ['a', 'b']) {
      await one.get(key, () => Promise.resolve(card('old')));
      await other.get(key, never);
    }
    await one.invalidate('a');
    const after = await until(
      () => other.get('a', () => Promise.resolve(card('new'))),
      ({ value }) => value.name === 'new',
    );
    expect(after.state).toBe('miss');
    expect((await one.get('a', never)).value.name).toBe('new');
    expect((await other.get('b', never)).value.name).toBe('old');
    await other.invalidateAll();
    await until(
      () => one.peek('b'),
      (answer) => answer === undefined,
    );
    expect(await one.peek('a')).toBeUndefined();
  });

  each.each([
    { how: 'of the key', invalidate: (cache: Cache<Card>) => cache.invalidate('a') },
    { how: 'of all', invalidate: (cache: Cache<Card>) => cache.invalidateAll() },
  ])('a load that began before an invalidation $how is not kept', async ({ invalidate }) => {
    const [one, other] = (await open(kind, 2)) as [Cache<Card>, Cache<Card>];
    const { load, begun } = pendingLoad<Card>();
    const early = one.get('a', load);
    const first = await begun(1);
    await invalidate(other);
    // The key is free: nobody waits for a load whose result is worth nothing.
    const second = await other.get('a', () => Promise.resolve(card('new')));
    expect(second).toMatchObject({ state: 'miss', value: card('new') });
    first.resolve(card('old'));
    expect((await early).value.name).toBe('old');
    expect((await one.get('a', never)).value.name).toBe('new');
    expect((await other.get('a', never)).value.name).toBe('new');
  });

  each('a load that failed leaves the key to whoever waits in another process', async () => {
    const [one, other] = (await open(kind, 2)) as [Cache<Card>, Cache<Card>];
    const { load, begun } = pendingLoad<Card>();
    const failed = one.get('a', load);
    const first = await begun(1);
    const waiting = other.get('a', () => Promise.resolve(card('second')));
    first.reject(new AppError('UPSTREAM_UNAVAILABLE'));
    await expect(failed).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(await waiting).toMatchObject({ state: 'miss', value: card('second') });
  });

  each('nobody waits for another process longer than a load may take', async () => {
    const [one] = (await open(kind, 1)) as [Cache<Card>];
    const hurried = await process(kind);
    const other = hurried.caches.create({ name: `cards-${names}`, schema, loadWithinMs: 200 });
    const { load, begun } = pendingLoad<Card>();
    const slow = one.get('a', load);
    const first = await begun(1);
    await expect(other.get('a', never)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    first.resolve(card('late'));
    expect((await slow).value.name).toBe('late');
  });

  each('a load has its time, whether it heeds the signal or not', async () => {
    const [one] = (await open(kind, 1, { loadWithinMs: 50 })) as [Cache<Card>];
    await expect(one.get('a', pendingLoad<Card>().load)).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
    });
    const heeded = Promise.withResolvers<unknown>();
    const heedful = (signal: AbortSignal) =>
      new Promise<Card>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          heeded.resolve(signal.reason);
          reject(new Error('aborted'));
        });
      });
    await expect(one.get('a', heedful)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    expect(await heeded.promise).toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  });

  each('the claim of a process that died is free again when its lease is over', async () => {
    const [one] = (await open(kind, 1)) as [Cache<Card>];
    const dead = opened[0]?.store;
    expect(await dead?.claim(`cards-${names}`, 'a', randomUUID(), 150)).toBe(true);
    const began = performance.now();
    const answer = await one.get('a', () => Promise.resolve(card('first')));
    expect(answer.state).toBe('miss');
    expect(performance.now() - began).toBeGreaterThan(100);
  });
});
