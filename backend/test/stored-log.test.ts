import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startTestApp } from './support/app.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

let stack: TestStack;
let client: Client;

beforeAll(async () => {
  stack = await startTestStack();
  client = new Client({ connectionString: stack.database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await stack.stop();
});

/** What one life of a server leaves in the store: the messages of this request, its own first lines, its connections. */
async function lifeOf(requestId: string, environment: Record<string, string> = {}) {
  const app = await startTestApp({ modules: [], stack, environment });
  await app.request.get('/api/v1/nothing-here').set('x-request-id', requestId).expect(404);
  const { rows: connections } = await client.query(
    `select from pg_stat_activity
     where datname = current_database() and application_name = 'bulwark-logs'`,
  );
  await app.stop();
  const { rows } = await client.query<{ message: string; fields: object }>(
    'select message, fields from bulwark.app_logs where request_id = $1',
    [requestId],
  );
  return { rows, connections };
}

test('a server that stops has stored the line of its last request', async () => {
  const { rows } = await lifeOf('the-last-request');
  expect(rows).toEqual([
    { message: 'request', fields: expect.objectContaining({ status: 404, method: 'GET' }) },
  ]);
});

test('a server that is to store nothing does not, and opens no connection for it', async () => {
  const { rows, connections } = await lifeOf('not-stored-anywhere', { LOG_STORE: 'off' });
  expect(rows).toEqual([]);
  expect(connections).toEqual([]);
});

test('a server stores from the level that it is told', async () => {
  const { rows } = await lifeOf('not-severe-enough', { LOG_STORE_LEVEL: 'warn' });
  expect(rows).toEqual([]);
});
