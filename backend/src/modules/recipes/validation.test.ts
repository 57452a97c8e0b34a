import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Test } from 'supertest';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import type { TestUser } from '../../../test/support/users.ts';
import { recipes } from './index.ts';

let app: TestApp;
let ann: TestUser;

beforeAll(async () => {
  app = await startTestApp({ modules: [recipes] });
  ann = await app.signUp();
});
afterAll(() => app.stop());

const path = '/api/v1/recipes';
const bearer = { type: 'bearer' } as const;
const postText = (json: string) =>
  app.request
    .post(path)
    .auth(ann.accessToken, bearer)
    .set('Content-Type', 'application/json')
    .send(json);
const post = (body: unknown) => postText(JSON.stringify(body));
const bodyOf = async (request: Test): Promise<object> => (await request).body as object;
const get = (address: string) => app.request.get(path + address).auth(ann.accessToken, bearer);

const secret = 'hunter2-must-not-come-back';
const titled = (more: object) => ({ title: 'Soup', ...more });

describe('a recipe that is not one', () => {
  test.each<[string, unknown, string]>([
    ['no title', {}, 'title'],
    ['an empty title', { title: '' }, 'title'],
    ['a blank title', { title: ' \t\u00a0 ' }, 'title'],
    ['a title of another type', { title: { [secret]: 1 } }, 'title'],
    ['a long title', { title: secret.padEnd(201, 'x') }, 'title'],
    ['no list of steps', titled({ steps: secret }), 'steps'],
    ['an empty step', titled({ steps: ['Mix', ''] }), 'steps[1]'],
    ['too many steps', titled({ steps: Array(101).fill('Mix') }), 'steps'],
    [
      'an ingredient without a name',
      titled({ ingredients: [{ unit: secret }] }),
      'ingredients[0].name',
    ],
    [
      'an ingredient of no quantity',
      titled({ ingredients: [{ name: 'a', quantity: 0 }] }),
      'ingredients[0].quantity',
    ],
    ['the same tag twice', titled({ tags: ['Oven', 'oven'] }), 'tags[1]'],
    ['no truth value', titled({ isPublic: secret }), 'isPublic'],
    ['half a serving', titled({ servings: 0.5 }), 'servings'],
    ['a negative time', titled({ prepMinutes: -1 }), 'prepMinutes'],
    ['an unknown field', titled({ colour: secret }), 'colour'],
    ['a field that is not for callers', titled({ ownerId: secret }), 'ownerId'],
    ['NUL in the title', { title: `a\0${secret}` }, 'title'],
    [
      'NUL deep inside',
      titled({ ingredients: [{ name: 'a', unit: 'k\0' }] }),
      'ingredients[0].unit',
    ],
    ['a NUL in a tag', titled({ tags: ['\0'] }), 'tags[0]'],
    ['a list for a body', [], 'body'],
  ])('%s is refused by field and reason, without the value', async (_name, body, field) => {
    const answer = (await post(body).expect(400)).body as { details: unknown };
    expect(answer).toMatchObject({ error: 'VALIDATION_FAILED' });
    expect(answer.details).toContainEqual({ field, reason: expect.any(String) });
    expect(JSON.stringify(answer)).not.toContain(secret);
  });

  test('all of its faults are named at once', async () => {
    const body = await bodyOf(post({ title: '', servings: 0, tags: 3 }).expect(400));
    expect((body as { details: { field: string }[] }).details.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['title', 'servings', 'tags']),
    );
  });

  test.each(['"\\ud800"', '"a\\udc00b"', '"\\u0000"'])(
    'text that Postgres cannot hold is refused: %s',
    async (json) => {
      for (const body of [`{"title":${json}}`, `{"title":"x","steps":[${json}]}`]) {
        expect(await bodyOf(postText(body).expect(400))).toMatchObject({
          error: 'VALIDATION_FAILED',
        });
      }
    },
  );

  test('a body that is no JSON object is refused', async () => {
    for (const body of ['', '{', 'null', '1', '"x"', '{"title":"x"}}', '[[[[']) {
      expect((await postText(body)).status).toBe(400);
    }
  });

  test('long text is refused, by field where the body fits and as a whole where it does not', async () => {
    await post({ title: 'x'.repeat(90_000) }).expect(400);
    expect(await bodyOf(post({ title: 'x'.repeat(1_000_000) }).expect(413))).toMatchObject({
      error: 'PAYLOAD_TOO_LARGE',
    });
  });

  test.each([
    '{"title":"x","__proto__":{"isPublic":true}}',
    '{"title":"x","constructor":{"prototype":{"isPublic":true}}}',
    '{"title":"x","ingredients":[{"name":"x","__proto__":{"unit":"kg"}}]}',
  ])('keys that reach for prototypes are refused: %s', async (json) => {
    await postText(json).expect(400);
  });

  test('text that looks like SQL is text', async () => {
    const title = `'); drop table public.recipes; -- $1 \\`;
    const body = await bodyOf(post({ title }).expect(201));
    expect(body).toMatchObject({ title });
    await get(`?q=${encodeURIComponent(title)}`).expect(200);
  });
});

describe('an address that is not one', () => {
  test.each([
    'x',
    '1',
    '00000000-0000-0000-0000-00000000000g',
    '%00',
    '[6f0c0e3a-6a0f-4b7e-9a35-3a6c7f0f8a11]',
    `6f0c0e3a-6a0f-4b7e-9a35-3a6c7f0f8a11'--`,
  ])('id %s is refused', async (id) => {
    await get(`/${id}`).expect(400);
  });

  test.each([
    ['limit', '0'],
    ['limit', '101'],
    ['limit', 'ten'],
    ['owner', 'you'],
    ['visibility', 'secret'],
    ['tag', ''],
    ['q', '%00'],
    ['q', 'x'.repeat(101)],
    ['colour', 'red'],
    ['cursor', 'x'.repeat(301)],
  ])('query %s=%s is refused', async (name, value) => {
    const body = await bodyOf(get(`?${name}=${value}`).expect(400));
    expect(body).toMatchObject({ error: 'VALIDATION_FAILED' });
    expect((body as { details: { field: string }[] }).details[0]?.field).toBe(name);
  });

  test('a change of nothing is refused', async () => {
    const body = await bodyOf(post({ title: 'Unchanged' }).expect(201));
    const address = `${path}/${(body as { id: string }).id}`;
    await app.request
      .patch(address)
      .auth(ann.accessToken, bearer)
      .set('If-Match', '*')
      .send({})
      .expect(400);
    await app.request.get(address).auth(ann.accessToken, bearer).expect(200, body);
  });
});
