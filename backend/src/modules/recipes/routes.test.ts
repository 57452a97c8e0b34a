import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Test } from 'supertest';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import type { TestUser } from '../../../test/support/users.ts';
import { recipes } from './index.ts';

let app: TestApp;
let ann: TestUser;
let ben: TestUser;

beforeAll(async () => {
  app = await startTestApp({ modules: [recipes] });
  [ann, ben] = await Promise.all([app.signUp(), app.signUp()]);
});
afterAll(() => app.stop());

const path = '/api/v1/recipes';
const as = (user: TestUser | undefined, request: Test): Test =>
  user ? request.auth(user.accessToken, { type: 'bearer' }) : request;
const post = (user: TestUser | undefined, body: object) =>
  as(user, app.request.post(path)).send(body);
const read = (user: TestUser | undefined, id: string) => as(user, app.request.get(`${path}/${id}`));
const patch = (user: TestUser | undefined, id: string, ifMatch: string, body: object) =>
  as(user, app.request.patch(`${path}/${id}`))
    .set('If-Match', ifMatch)
    .send(body);
const remove = (user: TestUser | undefined, id: string) =>
  as(user, app.request.delete(`${path}/${id}`));

const bodyOf = async (request: Test): Promise<object> => (await request).body as object;

async function created(user: TestUser, body: object = {}): Promise<string> {
  const response = await post(user, { title: randomUUID(), ...body }).expect(201);
  return (response.body as { id: string }).id;
}

describe('creating', () => {
  test('takes a title and fills in the rest', async () => {
    const answer = await post(ann, { title: '  Pea soup ' }).expect(201);
    const body = answer.body as { id: string };
    expect(body).toEqual({
      id: expect.any(String),
      ownerId: ann.userId,
      title: 'Pea soup',
      description: '',
      ingredients: [],
      steps: [],
      tags: [],
      isPublic: false,
      servings: null,
      prepMinutes: null,
      version: 1,
      createdAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      updatedAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
    });
    const location = `${path}/${body.id}`;
    expect(answer.headers).toMatchObject({ location, etag: '"1"' });
    await as(ann, app.request.get(location)).expect(200, body);
  });

  test('keeps everything that is given', async () => {
    const whole = {
      title: 'Bread',
      description: '“Quoted”, 100 % \\ and 🍞',
      ingredients: [{ name: 'Flour', quantity: 0.5, unit: 'kg' }, { name: 'Water' }],
      steps: ['Mix', 'Bake'],
      tags: ['slow', 'oven'],
      isPublic: true,
      servings: 4,
      prepMinutes: 90,
    };
    const id = await created(ann, whole);
    expect(await bodyOf(read(ann, id).expect(200))).toMatchObject(whole);
  });

  test('asks for a sign-in', async () => {
    expect(await bodyOf(post(undefined, { title: 'x' }).expect(401))).toMatchObject({
      error: 'UNAUTHENTICATED',
    });
  });

  test('refuses a second recipe of the same title, in any case, of the same owner only', async () => {
    await created(ann, { title: 'Goulash' });
    const body = await bodyOf(post(ann, { title: ' GOULASH ' }).expect(409));
    expect(body).toMatchObject({ error: 'DUPLICATE_ENTRY', statusCode: 409 });
    expect(JSON.stringify(body)).not.toMatch(/goulash|owner_title|Key \(/i);
    await created(ben, { title: 'Goulash' });
  });
});

describe('who sees and changes what', () => {
  test('a private recipe does not exist for anybody but its owner', async () => {
    const id = await created(ann);
    await read(ann, id).expect(200);
    for (const stranger of [ben, undefined]) {
      expect(await bodyOf(read(stranger, id).expect(404))).toMatchObject({ error: 'NOT_FOUND' });
    }
    await patch(ben, id, '*', { title: 'Mine' }).expect(404);
    await remove(ben, id).expect(404);
    await remove(undefined, id).expect(401);
    await read(ann, id).expect(200);
  });

  test('a public recipe is read by everybody and changed by its owner', async () => {
    const id = await created(ann, { isPublic: true });
    const body = await bodyOf(read(undefined, id).expect(200));
    await read(ben, id).expect(200, body);
    expect(await bodyOf(patch(ben, id, '"1"', { title: 'Mine' }).expect(403))).toMatchObject({
      error: 'FORBIDDEN',
    });
    await remove(ben, id).expect(403);
    await read(ann, id).expect(200, body);
  });
});

describe('versions', () => {
  test('a reader who has the present version is told so in a 304', async () => {
    const id = await created(ann);
    const ask = (tag: string) => read(ann, id).set('If-None-Match', tag);
    for (const tag of ['"1"', 'W/"1"', '"7", "1"', '*']) {
      const answer = await ask(tag).expect('ETag', '"1"');
      expect([answer.status, answer.text]).toEqual([304, '']);
    }
    for (const tag of ['"2"', '1', '"1', '""', '"abc"']) await ask(tag).expect(200);
  });

  test('a change says which version it is made to, and makes the next one', async () => {
    const id = await created(ann, { servings: 2, tags: ['kept'] });
    const before = (await read(ann, id)).body as { updatedAt: string };
    const answer = await patch(ann, id, '"1"', { servings: null, steps: ['Stir'] }).expect(
      'ETag',
      '"2"',
    );
    const body = answer.body as { updatedAt: string };
    expect(body).toMatchObject({ version: 2, servings: null, steps: ['Stir'], tags: ['kept'] });
    expect(Date.parse(body.updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt));
    await read(ann, id).set('If-None-Match', '"1"').expect(200, body);
  });

  test('without If-Match nothing is changed, and with a stale one neither', async () => {
    const id = await created(ann);
    const without = as(ann, app.request.patch(`${path}/${id}`)).send({ title: 'New' });
    expect(await bodyOf(without.expect(428))).toMatchObject({ error: 'PRECONDITION_REQUIRED' });
    await patch(ann, id, '"1"', { description: 'first' }).expect(200);
    for (const stale of ['"1"', '"abc"', '99999999999999999999', '"99999999999999999999"']) {
      const body = await bodyOf(patch(ann, id, stale, { description: 'late' }).expect(412));
      expect(body).toMatchObject({ error: 'PRECONDITION_FAILED' });
    }
    await patch(ann, id, '*', { description: 'forced' }).expect(200);
    await patch(ann, id, '"1", "3"', { description: 'either' }).expect(200);
    expect(await bodyOf(read(ann, id))).toMatchObject({ description: 'either', version: 4 });
  });

  test('of two changes that wait for the same row, made to the same version, one wins', async () => {
    const id = await created(ann);
    const [holder, watcher] = [1, 2].map(
      () => new Client({ connectionString: app.database.adminUrl }),
    ) as [Client, Client];
    await Promise.all([holder.connect(), watcher.connect()]);
    try {
      await holder.query('begin');
      await holder.query('select from public.recipes where id = $1 for update', [id]);
      const racing = Promise.all(
        ['left', 'right'].map((description) => patch(ann, id, '"1"', { description })),
      );
      await untilWaiting(watcher, 2);
      await holder.query('commit');
      const statuses = (await racing).map(({ status }) => status);
      expect(statuses.sort()).toEqual([200, 412]);
      expect(await bodyOf(read(ann, id))).toMatchObject({ version: 2 });
    } finally {
      await Promise.all([holder.end(), watcher.end()]);
    }
  });

  test('a deletion honours If-Match, and needs none', async () => {
    const id = await created(ann);
    await remove(ann, id).set('If-Match', '"2"').expect(412);
    await remove(ann, id).set('If-Match', '"1"').expect(204, '');
    await remove(ann, id).expect(404);
    await remove(ann, await created(ann)).expect(204);
  });

  test('a change to a taken title is refused', async () => {
    await created(ann, { title: 'Taken' });
    const id = await created(ann);
    expect(await bodyOf(patch(ann, id, '"1"', { title: 'taken' }).expect(409))).toMatchObject({
      error: 'DUPLICATE_ENTRY',
    });
    await read(ann, id).set('If-None-Match', '"1"').expect(304);
  });
});

/** Until so many statements of the server wait for a lock. */
async function untilWaiting(database: Client, count: number): Promise<void> {
  for (;;) {
    const { rowCount } = await database.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rowCount === count) return;
  }
}
