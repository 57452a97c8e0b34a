import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { until } from '../../../test/support/log-store.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import { startTcpRelay } from '../../../test/support/tcp-relay.ts';
import { createBroadcast } from '../broadcast/index.ts';
import { Secret } from '../config/index.ts';
import { createLogger } from '../logging/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { createFlags, type FlagRule, type FlagsServer } from './index.ts';

let database: ClonedDatabase;
let client: Client;
const disposers: (() => Promise<void> | void)[] = [];
const changedBy = randomUUID();
const rule = (changed: Partial<FlagRule> = {}): FlagRule => ({
  enabled: true,
  percentage: 100,
  users: [],
  roles: [],
  description: '',
  ...changed,
});

beforeAll(async () => {
  database = await openTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  for (const dispose of disposers.splice(0).reverse()) await dispose();
  await client.query('delete from bulwark.flags');
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** What is a process to the others: `listens: false` is one behind a transaction pooler, which is told nothing. */
async function startProcess({ url = database.url, listens = true } = {}): Promise<FlagsServer> {
  const logger = createLogger({ level: 'silent' });
  const metrics = createMetrics();
  const db = openDatabase(url);
  const listenUrl = listens ? new Secret(url) : undefined;
  const broadcast = createBroadcast({ redis: undefined, listenUrl, logger, metrics });
  const flags = createFlags({ db, broadcast, logger, metrics });
  disposers.push(async () => {
    flags.close();
    await broadcast.close();
    await db.close(500);
  });
  await broadcast.start(AbortSignal.timeout(5_000));
  await flags.start();
  return flags;
}

/** Milliseconds until this process says so. */
async function effectiveAfter(flags: FlagsServer, name: string, value: boolean): Promise<number> {
  const startedAt = performance.now();
  await until(async () => (await flags.boolean(name, !value)) === value);
  return performance.now() - startedAt;
}

describe('a flag', () => {
  test('that nobody has set is what the code says', async () => {
    const flags = await startProcess();
    expect(await flags.boolean('unknown', true)).toBe(true);
    expect(await flags.boolean('unknown', false)).toBe(false);
  });

  test('counts at once where it is set, and for whom it is set', async () => {
    const flags = await startProcess();
    const [one, other] = [randomUUID(), randomUUID()];
    await flags.admin.set('new-things', rule({ percentage: 0, users: [one], roles: ['admin'] }), {
      changedBy,
    });
    expect(await flags.boolean('new-things', false, { userId: one, role: 'user' })).toBe(true);
    expect(await flags.boolean('new-things', true, { userId: other, role: 'user' })).toBe(false);
    expect(await flags.boolean('new-things', false, { userId: other, role: 'admin' })).toBe(true);
    await flags.admin.remove('new-things');
    expect(await flags.boolean('new-things', true, { userId: other })).toBe(true);
  });

  test('is another one in another server of the same process', async () => {
    const other = await openTestDatabase();
    disposers.push(() => other.drop());
    const [here, there] = [await startProcess(), await startProcess({ url: other.url })];
    await here.admin.set('here', rule(), { changedBy });
    expect(await here.boolean('here', false)).toBe(true);
    expect(await there.boolean('here', false)).toBe(false);
  });
});

describe('a change reaches the other processes in under two seconds', () => {
  test.each([
    ['by broadcast', true],
    ['by polling where nothing is heard', false],
  ])('%s', async (_how, listens) => {
    const here = await startProcess();
    const there = await startProcess({ listens });
    await here.admin.set('switch', rule(), { changedBy });
    expect(await effectiveAfter(there, 'switch', true)).toBeLessThan(2_000);
    await here.admin.set('switch', rule({ enabled: false }), { changedBy });
    expect(await effectiveAfter(there, 'switch', false)).toBeLessThan(2_000);
    await here.admin.remove('switch');
    const removedAt = performance.now();
    await until(() => there.boolean('switch', true));
    expect(performance.now() - removedAt).toBeLessThan(2_000);
  });

  test('also when it is made past the API, where nothing is heard', async () => {
    const there = await startProcess({ listens: false });
    await client.query(
      `insert into bulwark.flags (name, enabled, percentage) values ('sql', true, 100)`,
    );
    expect(await effectiveAfter(there, 'sql', true)).toBeLessThan(2_000);
  });
});

describe('while the store is down', () => {
  test('what is known stays, and news is learnt when it is back', async () => {
    const relay = await startTcpRelay(database.url);
    disposers.push(() => relay.close());
    const [here, there] = [await startProcess(), await startProcess({ url: relay.url })];
    await here.admin.set('switch', rule(), { changedBy });
    await effectiveAfter(there, 'switch', true);
    relay.refuse();
    relay.reset();
    await here.admin.set('switch', rule({ enabled: false }), { changedBy });
    await wait(1_500);
    expect(await there.boolean('switch', false)).toBe(true);
    relay.recover();
    expect(await effectiveAfter(there, 'switch', false)).toBeLessThan(5_000);
  });

  test('a server that has never reached it goes by its code, and learns them later', async () => {
    const relay = await startTcpRelay(database.url);
    disposers.push(() => relay.close());
    relay.refuse();
    const flags = await startProcess({ url: relay.url, listens: false });
    await client.query(
      `insert into bulwark.flags (name, enabled, percentage) values ('sql', false, 0)`,
    );
    expect(await flags.boolean('sql', true)).toBe(true);
    relay.recover();
    await effectiveAfter(flags, 'sql', false);
  });
});

describe('who changes a flag', () => {
  test('sees who did before, when, and the version', async () => {
    const { admin } = await startProcess();
    const first = await admin.set('b', rule({ percentage: 12.5, description: 'B' }), { changedBy });
    expect(first).toEqual({
      name: 'b',
      ...rule({ percentage: 12.5, description: 'B' }),
      version: 1,
      changedBy,
      changedAt: expect.any(Date),
    });
    const second = await admin.set('b', rule(), { changedBy, version: 1 });
    expect(second.version).toBe(2);
    await admin.set('a', rule(), { changedBy, version: 0 });
    expect((await admin.list()).map(({ name, version }) => [name, version])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  test('does not overwrite what another has changed meanwhile', async () => {
    const { admin } = await startProcess();
    const conflict = expect.objectContaining({ code: 'CONFLICT' });
    await admin.set('a', rule(), { changedBy });
    await admin.set('a', rule({ percentage: 5 }), { changedBy, version: 1 });
    for (const version of [0, 1, 3])
      await expect(admin.set('a', rule(), { changedBy, version })).rejects.toEqual(conflict);
    await expect(admin.set('none', rule(), { changedBy, version: 1 })).rejects.toEqual(conflict);
    await expect(admin.remove('a', { version: 1 })).rejects.toEqual(conflict);
    expect((await admin.list()).map(({ percentage }) => percentage)).toEqual([5]);
    expect(await admin.remove('a', { version: 2 })).toMatchObject({ name: 'a', percentage: 5 });
    expect(await admin.remove('a')).toBeUndefined();
  });

  test('cannot set what is no rule', async () => {
    const { admin } = await startProcess();
    const refused = expect.objectContaining({ code: 'VALIDATION_FAILED' });
    for (const [name, bad] of [
      ['Not A Name', {}],
      ['a', { percentage: 101 }],
      ['a', { percentage: -1 }],
      ['a', { users: ['nobody'] }],
      ['a', { description: 'x'.repeat(501) }],
    ] as const)
      await expect(admin.set(name, rule(bad), { changedBy })).rejects.toEqual(refused);
  });

  test('is no client of ours: no role of theirs may look', async () => {
    for (const role of ['anon', 'authenticated', 'service_role']) {
      await client.query('begin');
      await client.query(`set local role ${role}`);
      await expect(client.query('select from bulwark.flags')).rejects.toThrow('permission denied');
      await client.query('rollback');
    }
  });
});
