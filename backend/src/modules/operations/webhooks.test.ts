import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { sign, webhookModule, webhookTables } from '../../../test/fixtures/webhook-module.ts';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import { operations } from './index.ts';
import { consoleOf, until } from './prove/fixtures/console.ts';
import { createOperable } from './prove/fixtures/operable.ts';

interface Page {
  counts: { provider: string; state: string; count: number }[];
  webhooks: { id: string; eventId: string; state: string; replays: number; kept: unknown }[];
  next: string | null;
}

const failures = new Map<string, number>();
let app: TestApp;
let ask: ReturnType<typeof consoleOf>;

beforeAll(async () => {
  app = await startTestApp({
    modules: [operations, webhookModule(failures), createOperable().module],
    environment: { JOBS_POLL_MS: '500' },
  });
  await sql(webhookTables);
  ask = consoleOf(app, await app.signUp({ role: 'admin' }));
});
afterAll(async () => {
  await app.stop();
});

async function sql(statement: string) {
  const client = new Client({ connectionString: app.database.url });
  await client.connect();
  return client.query(statement).finally(() => client.end());
}

async function send(id: string, more: object = {}): Promise<void> {
  const body = JSON.stringify({ id, type: 'thing.happened', ...more });
  const { status } = await fetch(`${app.url}/api/v1/webhooks/sender`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-signature': sign(body) },
    body,
  });
  expect(status).toBe(200);
}

const inbox = async (query = ''): Promise<Page> =>
  (await ask<Page>('get', `/webhooks?limit=200${query}`)).body;

const inState = (id: string, state: string) =>
  until(
    async () => (await inbox(`&state=${state}`)).webhooks.find(({ eventId }) => eventId === id),
    `${id} is ${state}`,
  );

test('operators see what came in, in pages and by state, scrubbed, and how much there is', async () => {
  await send('seen-1', { person: 'ada@example.com' });
  await send('seen-2', { type: 'something.new' });
  expect((await inState('seen-1', 'processed')).kept).toMatchObject({ person: '[email]' });
  await inState('seen-2', 'parked');
  await until(async () => {
    const { counts } = await inbox();
    const found = counts.map(({ provider, state, count }) => `${provider} ${state} ${count}`);
    return found.join() === 'sender parked 1,sender processed 1' || undefined;
  }, 'both are counted');
  const first = (await ask<Page>('get', '/webhooks?limit=1')).body;
  const second = (await ask<Page>('get', `/webhooks?limit=1&cursor=${first.next ?? ''}`)).body;
  expect([first, second].flatMap(({ webhooks }) => webhooks.map((one) => one.eventId))).toEqual([
    'seen-2',
    'seen-1',
  ]);
});

test('one that has failed is replayed by its id, and who did it is in the audit log', async () => {
  failures.set('replayed', 2);
  await send('replayed');
  const { id } = await inState('replayed', 'failed');
  const answer = await ask('post', '/webhooks/replay', { ids: [id] });
  expect([answer.status, answer.body]).toEqual([200, { count: 1, next: null }]);
  expect(await inState('replayed', 'processed')).toMatchObject({ replays: 1 });
  const { entries } = (await ask<{ entries: object[] }>('get', '/audit?action=webhooks.replay'))
    .body;
  expect(entries).toMatchObject([
    { target: id, details: { ids: [id] }, outcome: 'succeeded', result: { count: 1 } },
  ]);
});

test('one is shown with the job that was to handle it', async () => {
  await send('detailed', { person: 'ada@example.com' });
  const { id } = await inState('detailed', 'processed');
  const { body } = await ask<{ job: { id: string } }>('get', `/webhooks/${id}`);
  expect(body).toMatchObject({
    webhook: { id, eventId: 'detailed', state: 'processed' },
    job: { id: expect.any(String) as unknown, state: 'completed' },
  });
  expect((await ask('get', `/jobs/${body.job.id}`)).body).toMatchObject({
    queue: 'webhooks.sender',
    key: id,
  });
  expect((await ask('get', `/webhooks/${crypto.randomUUID()}`)).status).toBe(404);
});

test('they are found by a part of what is known of them, and by the beginning of their type', async () => {
  await send('found-by-this', { type: 'finding.one', note: '100%' });
  await send('another', { type: 'finding.two' });
  await inState('another', 'parked');
  const found = async (query: string) =>
    (await inbox(query)).webhooks.map(({ eventId }) => eventId);
  expect(await found('&search=BY-THIS')).toEqual(['found-by-this']);
  expect(await found(`&search=${encodeURIComponent('100%')}`)).toEqual(['found-by-this']);
  expect(await found('&search=_')).toEqual([]);
  expect(await found('&type=finding.*')).toEqual(['another', 'found-by-this']);
  expect(await found('&type=finding.one')).toEqual(['found-by-this']);
  expect(await found('&type=finding.')).toEqual([]);
});

test('the console is told which pages there are', async () => {
  expect((await ask('get', '/pages')).body).toEqual({ pages: ['webhooks', 'operable'] });
});

test('those of a time are replayed by provider and state', async () => {
  failures.set('ranged', 2);
  const from = new Date();
  await send('ranged');
  await inState('ranged', 'failed');
  const range = { provider: 'sender', from, to: new Date(Date.now() + 60_000), state: 'failed' };
  const query = new URLSearchParams({
    ...range,
    from: range.from.toISOString(),
    to: range.to.toISOString(),
  });
  expect((await ask('get', `/webhooks/count?${query.toString()}`)).body).toEqual({ count: 1 });
  const { body } = await ask('post', '/webhooks/replay', range);
  expect(body).toEqual({ count: 1, next: null });
  await inState('ranged', 'processed');
});

test('more than one call takes up are replayed to the last, each once', async () => {
  await ask('post', '/queues/webhooks.sender/pause');
  // Many came in one moment, as they do after an outage.
  await sql(
    `insert into bulwark.webhook_events (provider, event_id, type, state, kept, received_at, request_id)
     select 'sender', 'many-' || n, 'thing.happened', 'processed', '{}', timestamptz '2020-01-01' + n / 700 * interval '1 s', 'test'
     from generate_series(1, 2345) as n`,
  );
  const range = { provider: 'sender', from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' };
  const counts: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { body } = await ask<{ count: number; next: string | null }>('post', '/webhooks/replay', {
      ...range,
      ...(cursor !== undefined && { cursor }),
    });
    counts.push(body.count);
    if (counts.length === 5) break;
    cursor = body.next;
  }
  expect(counts).toEqual([1_000, 1_000, 345]);
  const { rows } = await sql(
    `select replays, count(*)::int as events,
       (select count(*)::int from pgboss.job where name = 'webhooks.sender' and state < 'active') as jobs
     from bulwark.webhook_events where event_id like 'many-%' and state = 'received' group by replays`,
  );
  expect(rows).toEqual([{ replays: 1, events: 2_345, jobs: 2_345 }]);
  await sql(`delete from pgboss.job where name = 'webhooks.sender' and state < 'active'`);
  await sql(`delete from bulwark.webhook_events where event_id like 'many-%'`);
  await ask('post', '/queues/webhooks.sender/resume');
});

test.each([
  ['nothing', {}],
  ['ids and a provider', { ids: ['0b0c5dd8-9f0d-4d4e-9f43-6f6a2f3f5a77'], provider: 'sender' }],
  ['a provider without a time', { provider: 'sender' }],
  [
    'a place that nobody has given out',
    { provider: 'sender', from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z', cursor: 'x' },
  ],
  ['ids and a state', { ids: ['0b0c5dd8-9f0d-4d4e-9f43-6f6a2f3f5a77'], state: 'failed' }],
])('a replay of %s is refused', async (_name, body) => {
  expect((await ask('post', '/webhooks/replay', body)).status).toBe(400);
});
