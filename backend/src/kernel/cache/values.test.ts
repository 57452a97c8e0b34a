import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import { pendingLoad, startCaches, type TestCaches, until } from '../../../test/support/caches.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import type { AppError } from '../errors/index.ts';
import { Joi, nullable, shape } from '../schema/index.ts';

const schema = shape({ name: Joi.string(), at: Joi.date() });
const at = new Date('2026-11-26T05:00:00.000Z');
const card = (name: string): { name: string; at: Date } => ({ name, at });
const never = (): Promise<never> => Promise.reject(new Error('must not be loaded'));

let database: ClonedDatabase;
const opened: TestCaches[] = [];

beforeAll(async () => {
  database = await openTestDatabase();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await database.drop();
});

async function process(): Promise<TestCaches> {
  const own = await startCaches({ databaseUrl: database.url });
  opened.push(own);
  return own;
}

const open = async (name: string) => (await process()).caches.create({ name, schema });

test('null is kept only where it is asked for, and not served stale', async () => {
  const own = await process();
  const definition = { schema: nullable(schema), freshMs: 5 };
  const plain = own.caches.create({ ...definition, name: 'absent-not-kept' });
  expect((await plain.get('a', () => Promise.resolve(null))).state).toBe('miss');
  expect(await plain.peek('a')).toBeUndefined();
  const kept = own.caches.create({ ...definition, name: 'absent-kept', absentMs: 60_000 });
  await kept.get('a', () => Promise.resolve(null));
  expect(await kept.get('a', never)).toMatchObject({ state: 'fresh', value: null });
  const brief = own.caches.create({ ...definition, name: 'absent-briefly', absentMs: 5 });
  await brief.get('a', () => Promise.resolve(null));
  await until(
    () => brief.peek('a'),
    (answer) => answer === undefined,
  );
});

test('giving up a call ends its wait and not the load', async () => {
  const one = await open('values-1');
  const { load, begun } = pendingLoad<{ name: string; at: Date }>();
  const patience = new AbortController();
  const given = one.get('a', load, { signal: patience.signal });
  const stays = one.get('a', load);
  const first = await begun(1);
  patience.abort(new Error('gone'));
  await expect(given).rejects.toThrow('gone');
  first.resolve(card('first'));
  expect((await stays).value.name).toBe('first');
});

test('what no longer fits the schema is loaded anew', async () => {
  const older = (await process()).caches;
  const old = older.create({ name: 'reshaped', schema: shape({ n: Joi.number() }) });
  await old.get('a', () => Promise.resolve({ n: 1 }));
  const now = (await process()).caches.create({ name: 'reshaped', schema });
  const anew = await now.get('a', () => Promise.resolve(card('new')));
  expect(anew).toMatchObject({ state: 'miss', value: card('new') });
});

test('a value cannot be changed by those who share it, nor by who loaded it', async () => {
  const one = await open('values-2');
  const own = card('first');
  const { value } = await one.get('a', () => Promise.resolve(own));
  own.name = 'changed';
  expect(() => {
    value.name = 'changed';
  }).toThrow(TypeError);
  expect((await one.get('a', never)).value.name).toBe('first');
});

test('a loaded value that does not fit is a fault of ours, and its content is not told', async () => {
  const one = await open('values-3');
  const wrong = { name: 'top secret', at, more: 1 };
  const failure = await one.get('a', () => Promise.resolve(wrong)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'INTERNAL_ERROR' });
  expect(String((failure as AppError).cause)).not.toContain('top secret');
});

test('names and keys that no store can hold are refused', async () => {
  const own = await process();
  expect(() => own.caches.create({ name: 'with space', schema })).toThrow('cannot be the name');
  const cache = own.caches.create({ name: 'strict', schema });
  expect(() => own.caches.create({ name: 'strict', schema })).toThrow('two caches');
  for (const key of ['x'.repeat(513), 'a\0b', '\ud800'])
    await expect(cache.get(key, never)).rejects.toThrow('A key of the cache strict');
});
