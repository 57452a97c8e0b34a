import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Client } from 'pg';
import { processIdentity } from './processes.ts';
import { kill, query, startHelper } from './testing/children.ts';
import { LeakedConnectionError, cloneDatabase } from './templates.ts';
import { startThrowawayCluster } from './throwaway.ts';
import type { ThrowawayCluster } from './throwaway.ts';

let cluster: ThrowawayCluster;
let abandoned: { adminUrl: string; dataDirectory: string; pid: number };

beforeAll(async () => {
  const helper = startHelper('abandoner');
  abandoned = JSON.parse(await helper.firstLine) as typeof abandoned;
  await kill(helper.child, 'SIGKILL');
  const anHourAgo = new Date(Date.now() - 3_600_000);
  await utimes(dirname(abandoned.dataDirectory), anHourAgo, anHourAgo);

  cluster = await startThrowawayCluster();
  await cluster.createTemplate('shop', async ({ url }) => {
    await query(url, `create table item as select 'apple' as name`);
  });
});
afterAll(() => cluster.stop());

test('what a killed test run left behind is gone once another one starts', () => {
  expect(processIdentity(abandoned.pid)).toBeUndefined();
  expect(existsSync(dirname(abandoned.dataDirectory))).toBe(false);
});

test('clones are alike, apart, and owned by the server’s role', async () => {
  const [one, two] = await Promise.all([
    cluster.cloneDatabase('shop'),
    cluster.cloneDatabase('shop'),
  ]);
  await query(one.url, `insert into item values ('pear')`);
  expect(await query(one.url, 'table item')).toHaveLength(2);
  expect(await query(two.url, 'table item')).toEqual([{ name: 'apple' }]);
  expect(await query(one.url, 'select current_user as name')).toEqual([{ name: 'postgres' }]);
  expect(await query(one.authUrl, 'select current_user as name')).toEqual([
    { name: 'supabase_auth_admin' },
  ]);
  await one.drop();
  await two.drop();
  await expect(query(one.url, 'select 1')).rejects.toMatchObject({ code: '3D000' });
});

test('several processes at once prepare a template once and each get their copies', async () => {
  const helpers = [1, 2, 3].map(() => startHelper('cloner', cluster.adminUrl, 'shared', '3'));
  const lines = (await Promise.all(helpers.map(({ output }) => output))).flat();
  const copies = lines.map((line) => JSON.parse(line) as { name: string; rows: { by: number }[] });
  expect(new Set(copies.map(({ name }) => name)).size).toBe(9);
  expect(new Set(copies.map(({ rows }) => rows[0]?.by)).size).toBe(1);
});

test('a connection left open fails the drop, with its name and its last statement', async () => {
  const clone = await cloneDatabase(cluster.adminUrl, 'shop');
  const leak = new Client({ connectionString: clone.url, application_name: 'forgetful' });
  await leak.connect();
  await leak.query('select name from item');
  const failure = await clone.drop(50).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LeakedConnectionError);
  expect(failure).toMatchObject({
    sessions: [{ applicationName: 'forgetful', state: 'idle', query: 'select name from item' }],
    message: expect.stringMatching(/forgetful .*select name from item/),
  });
  await leak.end();
  await clone.drop();
});

test('a template whose preparation fails leaves no database and can be tried again', async () => {
  const fail = () => Promise.reject(new Error('no migrations'));
  await expect(cluster.createTemplate('flawed', fail)).rejects.toThrow('no migrations');
  expect(
    await query(cluster.adminUrl, `select from pg_database where datname like 'flawed%'`),
  ).toEqual([]);
  await cluster.createTemplate('flawed', () => Promise.resolve());
  await (await cluster.cloneDatabase('flawed')).drop();
});
