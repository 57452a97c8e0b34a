import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startSandbox, type Sandbox } from '../../../local/providers/sandbox.ts';
import { startTestApp, type TestApp, type TestUser } from '../../../test/support/app.ts';
import { operations } from './index.ts';
import { consoleOf } from './prove/fixtures/console.ts';
import { doorsOf, type Door } from './prove/fixtures/doors.ts';
import { createOperable } from './prove/fixtures/operable.ts';

let sandbox: Sandbox;
let app: TestApp;
let admin: TestUser;
let doors: Door[];

interface Entry {
  id: string;
  actor: { id: string; email: string };
  action: string;
  target: string;
  details: unknown;
  requestId: string;
  outcome: string;
  errorCode: string | null;
  result: unknown;
}

beforeAll(async () => {
  sandbox = await startSandbox();
  app = await startTestApp({
    modules: [operations, createOperable().module],
    environment: { PROVIDER_SANDBOX_URL: sandbox.url },
  });
  admin = await app.signUp({ role: 'admin' });
  doors = doorsOf((await app.request.get('/api/v1/openapi.json')).body);
});
afterAll(async () => {
  await app.stop();
  await sandbox.close();
});

const entries = async (query = ''): Promise<Entry[]> =>
  (await consoleOf(app, admin)<{ entries: Entry[] }>('get', `/audit?limit=200${query}`)).body
    .entries;

test('nobody but an admin comes through a door of the admin API', async () => {
  expect(doors.length).toBeGreaterThan(20);
  const [user, service] = [await app.signUp(), await app.signUp({ role: 'service' })];
  const outcomes = await Promise.all(
    doors.map(async ({ method, path }) => {
      const as = async (token?: string) => {
        const request = app.request[method](path);
        if (token !== undefined) void request.set('authorization', `Bearer ${token}`);
        return (await request).status;
      };
      return [
        `${method} ${path}`,
        await as(),
        await as(user.accessToken),
        await as(service.accessToken),
      ];
    }),
  );
  expect(outcomes).toEqual(outcomes.map(([door]) => [door, 401, 403, 403]));
  expect(await entries()).toEqual([]);
});

test('whatever changes something leaves an entry with who, what and how it went', async () => {
  const mutations = doors.filter(({ method }) => method !== 'get');
  expect(mutations.length).toBeGreaterThanOrEqual(10);
  for (const [index, { method, path, body }] of mutations.entries()) {
    const requestId = `walk-${index}-${crypto.randomUUID()}`;
    const { status } = await app.request[method](path)
      .set('authorization', `Bearer ${admin.accessToken}`)
      .set('x-request-id', requestId)
      .send(body);
    const entry = (await entries()).find((each) => each.requestId === requestId);
    // What is refused before it begins, such as an unfit body, would be another test.
    expect([path, status]).not.toEqual([path, 400]);
    expect([path, entry]).toEqual([
      path,
      expect.objectContaining({
        actor: { id: admin.userId, email: admin.email },
        outcome: status < 400 ? 'succeeded' : 'failed',
      }),
    ]);
    expect(entry?.errorCode === null).toBe(status < 400);
  }
});

test('an entry holds what was asked and what came of it, without secrets', async () => {
  const ask = consoleOf(app, admin);
  await ask('post', '/actions/operable.sync', { game: 'chess', set: 'password=hunter2-canary' });
  const [entry] = await entries('&action=actions');
  expect(entry).toMatchObject({
    action: 'actions.run',
    target: 'operable.sync',
    outcome: 'succeeded',
    result: { jobId: expect.any(String) as unknown },
  });
  expect(JSON.stringify(await entries())).not.toContain('hunter2');
});

test('pages of the log hold each entry once, newest first', async () => {
  const all = await entries();
  const ask = consoleOf(app, admin);
  const seen: Entry[] = [];
  for (let cursor = ''; ;) {
    const { body } = await ask<{ entries: Entry[]; next: string | null }>(
      'get',
      `/audit?limit=3${cursor}`,
    );
    seen.push(...body.entries);
    if (body.next === null) break;
    cursor = `&cursor=${body.next}`;
  }
  expect(seen).toEqual(all);
  expect(await entries(`&actor=${crypto.randomUUID()}`)).toEqual([]);
  expect((await ask('get', '/audit?cursor=x')).status).toBe(400);
});

test('nothing is done where the entry cannot be written', async () => {
  await inDatabase('alter table bulwark.audit_entries rename to hidden');
  const ask = consoleOf(app, admin);
  const { status } = await ask('post', '/queues/operable.work/pause');
  await inDatabase('alter table bulwark.hidden rename to audit_entries');
  expect(status).toBe(500);
  const { body } = await ask<{ queues: { name: string; paused: boolean }[] }>('get', '/queues');
  expect(body.queues.find(({ name }) => name === 'operable.work')?.paused).toBe(false);
});

test('nobody changes or deletes an entry, the owner of the tables neither', async () => {
  for (const role of ['service_role', 'none'])
    for (const table of ['audit_entries', 'audit_outcomes'])
      for (const change of [`delete from`, `truncate`, `update`]) {
        const statement = `${change} bulwark.${table} ${change === 'update' ? "set details = '{}'" : ''}`;
        await expect(inDatabase(`set role ${role}`, statement)).rejects.toThrow(
          /permission denied|can only be added to|cannot truncate/,
        );
      }
});

async function inDatabase(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: app.database.url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
