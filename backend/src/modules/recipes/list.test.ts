import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import type { TestUser } from '../../../test/support/users.ts';
import { recipes } from './index.ts';

let app: TestApp;
let ann: TestUser;
let ben: TestUser;

beforeAll(async () => {
  app = await startTestApp({ modules: [recipes] });
  [ann, ben] = await Promise.all([app.signUp(), app.signUp()]);
  await create(ann, { title: 'Pea soup', isPublic: true, tags: ['Soup', 'quick'] });
  await create(ann, { title: 'Secret sauce', tags: ['sauce'] });
  await create(ben, { title: '100% rye_bread', isPublic: true, tags: ['bread'] });
  await create(ben, {
    title: 'Ben’s own',
    ingredients: [{ name: 'Green PEAS', unit: 'cup' }],
  });
});
afterAll(() => app.stop());

interface Page {
  items: { title: string }[];
  nextCursor: string | null;
}

const bearer = { type: 'bearer' } as const;

async function create(user: TestUser, body: object): Promise<void> {
  const request = app.request.post('/api/v1/recipes').auth(user.accessToken, bearer);
  await request.send(body).expect(201);
}

async function list(user: TestUser | undefined, query: Record<string, string>): Promise<Page> {
  const request = app.request.get('/api/v1/recipes').query(query);
  return (await (user ? request.auth(user.accessToken, bearer) : request).expect(200)).body as Page;
}

async function titles(user: TestUser | undefined, query: Record<string, string> = {}) {
  return (await list(user, query)).items.map(({ title }) => title);
}

describe('filters', () => {
  test('everybody sees public recipes and their own, newest first', async () => {
    expect(await titles(undefined)).toEqual(['100% rye_bread', 'Pea soup']);
    expect(await titles(ann)).toEqual(['100% rye_bread', 'Secret sauce', 'Pea soup']);
    expect(await titles(ben)).toEqual(['Ben’s own', '100% rye_bread', 'Pea soup']);
  });

  test('by tag, in any case', async () => {
    expect(await titles(ann, { tag: 'SOUP' })).toEqual(['Pea soup']);
    expect(await titles(ann, { tag: 'sou' })).toEqual([]);
    expect(await titles(ben, { tag: 'sauce' })).toEqual([]);
  });

  test('by owner, which takes a sign-in', async () => {
    expect(await titles(ann, { owner: 'me' })).toEqual(['Secret sauce', 'Pea soup']);
    await app.request.get('/api/v1/recipes?owner=me').expect(401);
  });

  test('by visibility', async () => {
    expect(await titles(ann, { visibility: 'private' })).toEqual(['Secret sauce']);
    expect(await titles(ann, { visibility: 'public' })).toEqual(['100% rye_bread', 'Pea soup']);
    expect(await titles(undefined, { visibility: 'private' })).toEqual([]);
    expect(await titles(ann, { visibility: 'public', owner: 'me' })).toEqual(['Pea soup']);
  });

  test('by text in the title or an ingredient’s name', async () => {
    expect(await titles(ben, { q: 'pea' })).toEqual(['Ben’s own', 'Pea soup']);
    expect(await titles(ann, { q: 'pea' })).toEqual(['Pea soup']);
    expect(await titles(ben, { q: 'cup' })).toEqual([]);
  });

  test('signs of the pattern language stand for themselves', async () => {
    expect(await titles(ann, { q: '%' })).toEqual(['100% rye_bread']);
    expect(await titles(ann, { q: '_' })).toEqual(['100% rye_bread']);
    expect(await titles(ann, { q: '\\' })).toEqual([]);
    expect(await titles(ann, { q: 'r_e' })).toEqual([]);
  });
});

describe('pages', () => {
  const count = 120;

  /** Rows of one instant, finer than JavaScript's clock. */
  async function manyAtOnce(user: TestUser): Promise<void> {
    const database = new Client({ connectionString: app.database.adminUrl });
    await database.connect();
    await database.query(
      `insert into public.recipes (owner_id, title, created_at)
       select $1, 'Recipe ' || number, '2020-02-02 02:02:02.123456Z' from generate_series(1, $2) as number`,
      [user.userId, count],
    );
    await database.end();
  }

  test('give every row once, whatever is added or removed meanwhile', async () => {
    const user = await app.signUp();
    await manyAtOnce(user);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list(user, {
        owner: 'me',
        limit: '50',
        ...(cursor === undefined ? {} : { cursor }),
      });
      seen.push(...page.items.map(({ title }) => title));
      cursor = page.nextCursor ?? undefined;
      await create(user, { title: `Added after ${seen.length}` });
    } while (cursor !== undefined);
    expect(seen).toHaveLength(count);
    expect(new Set(seen).size).toBe(count);
  });

  test('have 20 rows where nothing is said, and no cursor when nothing follows', async () => {
    const user = await app.signUp();
    await manyAtOnce(user);
    expect((await list(user, { owner: 'me' })).items).toHaveLength(20);
    const whole = await list(user, { owner: 'me', limit: '60' });
    expect(whole.nextCursor).not.toBeNull();
    const rest = await list(user, { owner: 'me', limit: '60', cursor: whole.nextCursor ?? '' });
    expect(rest.items).toHaveLength(60);
    expect(rest.nextCursor).toBeNull();
  });

  test('are not begun by a cursor that is none', async () => {
    const id = '6f0c0e3a-6a0f-4b7e-9a35-3a6c7f0f8a11';
    const forged = [
      { createdAt: '2020-01-01T00:00:00.000Z' },
      { createdAt: '2020-99-99T00:00:00.000Z', id },
      { createdAt: 'infinity', id },
      { createdAt: '2020-01-01T00:00:00.000Z', id: `${id}'--` },
      { createdAt: '2020-01-01T00:00:00.000Z', id, more: 1 },
      [],
      null,
    ].map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
    for (const cursor of ['x', '!!', '%E2%82%AC', 'e30', ...forged]) {
      const answer = await app.request.get(`/api/v1/recipes?cursor=${cursor}`).expect(400);
      expect(answer.body).toMatchObject({
        error: 'VALIDATION_FAILED',
        details: [{ field: 'cursor', reason: expect.any(String) }],
      });
    }
  });
});
