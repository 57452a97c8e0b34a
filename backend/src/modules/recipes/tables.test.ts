import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { startTestStack, type TestStack } from '../../../test/support/stack.ts';
import type { TestUser } from '../../../test/support/users.ts';

/** On Supabase clients reach the tables past this server as well, so the rules have to hold there. */
let stack: TestStack;
let database: Client;
let ann: TestUser;
let ben: TestUser;

beforeAll(async () => {
  stack = await startTestStack();
  [ann, ben] = await Promise.all([stack.signUp(), stack.signUp()]);
  database = new Client({ connectionString: stack.database.url });
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await stack.stop();
});

interface Row {
  id: string;
}

/** One statement with the rights of a signed-in user; what it did stays. */
async function as(user: TestUser, sql: string, ...values: string[]): Promise<Row[]> {
  await database.query('begin');
  try {
    await database.query(
      `select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)`,
      [JSON.stringify({ sub: user.userId })],
    );
    const { rows } = await database.query<Row>(sql, values);
    await database.query('commit');
    return rows;
  } catch (error) {
    await database.query('rollback');
    throw error;
  }
}

async function inserted(user: TestUser, sql: string, ...values: string[]): Promise<string> {
  const [row] = await as(user, `${sql} returning id`, ...values);
  if (!row) throw new Error('Nothing was inserted');
  return row.id;
}

const forbidden = { code: '42501' };
const notAllowed = { code: '23514' };

describe('recipes', () => {
  let id: string;
  beforeEach(async () => {
    const sql = 'insert into public.recipes (title, is_public) values ($1, true)';
    id = await inserted(ann, sql, randomUUID());
  });

  test('are changed and deleted by their owner only', async () => {
    const change = `update public.recipes set description = 'Mine' where id = $1 returning id`;
    const removal = 'delete from public.recipes where id = $1 returning id';
    expect(await as(ben, change, id)).toEqual([]);
    expect(await as(ben, removal, id)).toEqual([]);
    expect(await as(ann, change, id)).toEqual([{ id }]);
    expect(await as(ann, removal, id)).toEqual([{ id }]);
  });

  test.each([
    'update public.recipes set owner_id = $2 where id = $1',
    'update public.recipes set version = 1 where id = $1 and id::text <> $2',
    `insert into public.recipes (title, owner_id) select 'x' || $1, $2::uuid`,
  ])('have an owner and a version that nobody sets: %s', async (sql) => {
    await expect(as(ann, sql, id, ben.userId)).rejects.toMatchObject(forbidden);
  });

  test.each([
    `(title) values ('')`,
    `(title) values (' x')`,
    `(title) values (repeat('x', 201))`,
    `(title, steps) values ('x', '{}')`,
    `(title, steps) values ('x', '[1]')`,
    `(title, ingredients) values ('x', '["salt"]')`,
    `(title, ingredients) values ('x', '[{"unit": "kg"}]')`,
    `(title, tags) values ('x', array[null])`,
    `(title, servings) values ('x', 0)`,
  ])('have the shape that the API promises: %s', async (columns) => {
    const sql = `insert into public.recipes ${columns}`;
    await expect(as(ann, sql)).rejects.toMatchObject(notAllowed);
  });
});

describe('cooking sessions', () => {
  let recipeId: string;
  let sessionId: string;
  beforeEach(async () => {
    recipeId = await inserted(ann, 'insert into public.recipes (title) values ($1)', randomUUID());
    const sql = 'insert into public.cooking_sessions (recipe_id, step_count) values ($1, 2)';
    sessionId = await inserted(ann, sql, recipeId);
    await join(ann);
  });

  const join = (user: TestUser) =>
    as(user, 'insert into public.cooking_participants (session_id) values ($1)', sessionId);
  const write = (user: TestUser) =>
    as(user, `insert into public.cooking_messages (session_id, text) values ($1, 'x')`, sessionId);
  const visible = async (user: TestUser) => {
    const [row] = await as(
      user,
      `select (select count(*)::int from public.cooking_sessions where id = $1) as sessions,
              (select count(*)::int from public.cooking_participants where session_id = $1) as participants,
              (select count(*)::int from public.cooking_messages where session_id = $1) as messages`,
      sessionId,
    );
    return row;
  };

  test('are seen by who takes part, and by nobody else', async () => {
    await write(ann);
    expect(await visible(ben)).toEqual({ sessions: 0, participants: 0, messages: 0 });
    await as(ann, 'update public.recipes set is_public = true where id = $1', recipeId);
    expect(await visible(ben)).toEqual({ sessions: 0, participants: 0, messages: 0 });
    await join(ben);
    await write(ben);
    expect(await visible(ben)).toEqual({ sessions: 1, participants: 2, messages: 2 });
  });

  test('are not joined, written to or hosted without the right to read the recipe', async () => {
    await expect(join(ben)).rejects.toMatchObject(forbidden);
    await expect(write(ben)).rejects.toMatchObject(forbidden);
    const host = 'insert into public.cooking_sessions (recipe_id, step_count) values ($1, 2)';
    await expect(as(ben, host, recipeId)).rejects.toMatchObject(forbidden);
  });

  test('are led by their host, as far as the last step', async () => {
    const move =
      'update public.cooking_sessions set current_step = current_step + 1 where id = $1 returning id';
    await as(ann, 'update public.recipes set is_public = true where id = $1', recipeId);
    await join(ben);
    expect(await as(ben, move, sessionId)).toEqual([]);
    expect(await as(ann, move, sessionId)).toEqual([{ id: sessionId }]);
    await expect(as(ann, move, sessionId)).rejects.toMatchObject(notAllowed);
  });

  test('take no message and no participant once they have ended', async () => {
    await as(ann, 'update public.recipes set is_public = true where id = $1', recipeId);
    await as(ann, `update public.cooking_sessions set status = 'ended' where id = $1`, sessionId);
    await expect(write(ann)).rejects.toMatchObject(forbidden);
    await expect(join(ben)).rejects.toMatchObject(forbidden);
  });
});
