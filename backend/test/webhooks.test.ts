import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { Database } from '../src/kernel/db/index.ts';
import type { JobRecord, JobsAdmin, JobState } from '../src/kernel/jobs/index.ts';
import type { WebhookRecord, WebhooksAdmin } from '../src/kernel/webhooks/index.ts';
import { sweep } from '../src/kernel/webhooks/inbox.ts';
import { sign, webhookModule, webhookTables } from './fixtures/webhook-module.ts';
import { startTestApp, type TestApp } from './support/app.ts';

const failures = new Map<string, number>();
let app: TestApp;
let client: Client;
let inbox: WebhooksAdmin;
let jobs: JobsAdmin;
let database: Database;
let next = 0;

beforeAll(async () => {
  const sender = webhookModule(failures);
  app = await startTestApp({
    modules: [
      {
        ...sender,
        create(kernel, settings) {
          [inbox, jobs, database] = [kernel.admin.webhooks, kernel.admin.jobs, kernel.db];
          return sender.create(kernel, settings);
        },
      },
    ],
    environment: { JOBS_POLL_MS: '500', RATE_LIMIT_WEBHOOK: '500' },
  });
  client = new Client({ connectionString: app.database.url });
  await client.connect();
  await client.query(webhookTables);
});
afterAll(async () => {
  await client.end();
  await app.stop();
});

const newId = (): string => `event-${(next += 1)}`;
const eventOf = (id: string, more: object = {}): string =>
  JSON.stringify({ id, type: 'thing.happened', ...more });

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`${app.url}/api/v1/webhooks/sender`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-signature': sign(body), ...headers },
    body,
  });
const code = async (answer: Response) => ((await answer.json()) as { error: string }).error;

const effectsOf = async (id: string): Promise<number> =>
  (await client.query('select from public.webhook_effects where event_id = $1', [id])).rowCount ??
  0;

async function recordOf(id: string): Promise<WebhookRecord | undefined> {
  const { events } = await inbox.list({ limit: 500 });
  return events.find(({ eventId }) => eventId === id);
}

/** Looks until the event is in this state. */
async function untilState(id: string, state: string): Promise<WebhookRecord> {
  const giveUpAt = performance.now() + 20_000;
  for (;;) {
    const record = await recordOf(id);
    if (record?.state === state) return record;
    if (performance.now() > giveUpAt) throw new Error(`${id} is ${record?.state ?? 'not there'}`);
    await wait(50);
  }
}

/** Looks until the job of this event is in this state, after so many attempts. */
async function untilJob(search: string, state: JobState, attempts = 0): Promise<JobRecord> {
  const giveUpAt = performance.now() + 20_000;
  for (;;) {
    const found = await jobs.list({ queue: 'webhooks.sender', state, search, limit: 1 });
    const job = found.jobs.find((each) => each.attempts >= attempts);
    if (job) return job;
    if (performance.now() > giveUpAt) throw new Error(`The job of ${search} is not ${state}`);
    await wait(50);
  }
}

test('an event is stored, handled once, and marked in the transaction of its effect', async () => {
  const id = newId();
  const answer = await post(eventOf(id, { note: 'first' }));
  expect([answer.status, await answer.json()]).toEqual([200, { received: true }]);
  const record = await untilState(id, 'processed');
  expect(record).toMatchObject({ attempts: 1, duplicates: 0, error: null, provider: 'sender' });
  expect(await effectsOf(id)).toBe(1);
});

test('the same event fifty times at once has one effect, and every sender is told that it came', async () => {
  const id = newId();
  const answers = await Promise.all(Array.from({ length: 50 }, () => post(eventOf(id))));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  await untilState(id, 'processed');
  expect(await effectsOf(id)).toBe(1);
  expect((await recordOf(id))?.duplicates).toBe(49);
});

test.each([
  ['another secret', (body: string) => post(body, { 'x-signature': sign(`${body} `) })],
  ['no signature', (body: string) => post(body, { 'x-signature': '' })],
  ['bytes that were changed', (body: string) => post(` ${body}`, { 'x-signature': sign(body) })],
])('%s is refused with one line and nothing stored', async (_name, send) => {
  const id = newId();
  const before = app.logLines.length;
  const answer = await send(eventOf(id));
  expect([answer.status, await code(answer)]).toEqual([400, 'WEBHOOK_REFUSED']);
  expect(await recordOf(id)).toBeUndefined();
  const lines = app.logLines.slice(before).filter(({ level }) => level === 'warn');
  expect(lines).toMatchObject([{ msg: 'webhook refused', provider: 'sender' }]);
});

test('white space and a byte order mark belong to the signed bytes', async () => {
  const id = newId();
  const body = `\n ${eventOf(id)}\n`;
  expect((await post(body)).status).toBe(200);
  const marked = `\ufeff${eventOf(newId())}`;
  expect((await post(marked, { 'x-signature': sign(marked.slice(1)) })).status).toBe(400);
});

test('a compressed body is refused unread', async () => {
  const before = app.logLines.length;
  const answer = await post(gzipSync(eventOf(newId())), { 'content-encoding': 'gzip' });
  expect([answer.status, await code(answer)]).toEqual([400, 'MALFORMED_REQUEST']);
  const lines = app.logLines.slice(before).filter(({ level }) => level === 'warn');
  expect(lines).toMatchObject([
    { msg: 'webhook refused', provider: 'sender', reason: 'Send the body uncompressed.' },
  ]);
});

test('a type without handler is parked and not failed', async () => {
  const id = newId();
  expect((await post(eventOf(id, { type: 'something.new' }))).status).toBe(200);
  expect((await recordOf(id))?.state).toBe('parked');
});

test('a failed attempt changes nothing, says why without whom, and is made again', async () => {
  const id = newId();
  failures.set(id, 1);
  await post(eventOf(id));
  const record = await untilState(id, 'processed');
  expect(record.attempts).toBe(2);
  expect(await effectsOf(id)).toBe(1);
});

test('an event that fails to the last stays, and a replay takes it up', async () => {
  const id = newId();
  failures.set(id, 2);
  await post(eventOf(id));
  const failed = await untilState(id, 'failed');
  expect(failed).toMatchObject({ attempts: 2, error: 'no luck for [email]' });
  expect(await effectsOf(id)).toBe(0);
  expect(await inbox.replay({ ids: [failed.id] })).toEqual({ count: 1, next: null });
  expect(await untilState(id, 'processed')).toMatchObject({ attempts: 3, replays: 1 });
  expect(await effectsOf(id)).toBe(1);
});

test('an event whose dead job was redriven waits again when it fails once more', async () => {
  const id = newId();
  failures.set(id, 3);
  await post(eventOf(id));
  const failed = await untilState(id, 'failed');
  const job = await untilJob(failed.id, 'dead');
  expect(await jobs.redrive({ ids: [job.id] })).toBe(1);
  await untilJob(failed.id, 'retrying', 3);
  expect((await recordOf(id))?.state).not.toBe('failed');
  expect(await untilState(id, 'processed')).toMatchObject({ attempts: 4, replays: 0 });
});

test('an event whose job died with its process is failed and not waiting for ever, and can be replayed', async () => {
  const [lost, waits] = [newId(), newId()];
  failures.set(waits, 1);
  await client.query(
    `insert into bulwark.webhook_events (provider, event_id, type, state, kept, request_id)
     values ('sender', $1, 'thing.happened', 'received', '{"note":null}', 'test')`,
    [lost],
  );
  await post(eventOf(waits));
  const failed = await untilState(lost, 'failed');
  expect(failed.error).toContain('without a word');
  expect(await untilState(waits, 'processed')).toMatchObject({ attempts: 2 });
  expect(await inbox.replay({ ids: [failed.id] })).toEqual({ count: 1, next: null });
  await untilState(lost, 'processed');
  expect(await effectsOf(lost)).toBe(1);
});

test('a range is replayed by provider, time and state', async () => {
  const id = newId();
  failures.set(id, 2);
  const from = new Date();
  await post(eventOf(id));
  await untilState(id, 'failed');
  const range = { from, to: new Date(Date.now() + 60_000), state: 'failed' as const };
  expect(await inbox.replay({ provider: 'nobody', ...range })).toEqual({ count: 0, next: null });
  expect(await inbox.replay({ provider: 'sender', ...range })).toEqual({ count: 1, next: null });
  await untilState(id, 'processed');
});

test('what is kept is scrubbed, and can be stored whatever is in it', async () => {
  const id = newId();
  await post(eventOf(id, { note: 'a\u0000b', person: 'ada@example.com' }));
  const record = await untilState(id, 'processed');
  expect(record.kept).toEqual({ note: 'a\ufffdb', person: '[email]' });
});

test('our own trouble is a 503, whatever it is, and shows nothing', async () => {
  const unverifiable = await post(eventOf(newId(), { type: 'certificates.away' }));
  expect([unverifiable.status, await code(unverifiable)]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  expect(unverifiable.headers.get('retry-after')).toBe('30');
  await client.query('alter table bulwark.webhook_events rename to webhook_events_gone');
  const unstorable = await post(eventOf(newId()));
  await client.query('alter table bulwark.webhook_events_gone rename to webhook_events');
  expect(unstorable.status).toBe(503);
  expect(JSON.stringify(app.logLines)).not.toContain('canary');
});

test('what is done or parked goes with its time, and what failed or waits stays', async () => {
  const states = ['received', 'processed', 'failed', 'parked'];
  for (const state of states)
    for (const days of [89, 91])
      await client.query(
        `insert into bulwark.webhook_events (provider, event_id, type, state, kept, received_at, request_id)
         values ('old', $1, 'thing.happened', $2, '{}', now() - make_interval(days => $3), 'test')`,
        [`${state} ${days}`, state, days],
      );
  expect(await sweep(database, 90, 10_000)).toBe(2);
  const { rows } = await client.query<{ id: string }>(
    `select event_id as id from bulwark.webhook_events where provider = 'old' order by event_id`,
  );
  expect(rows.map(({ id }) => id)).toEqual([
    'failed 89',
    'failed 91',
    'parked 89',
    'processed 89',
    'received 89',
    'received 91',
  ]);
});

test('however much is past its time goes in one sweep', async () => {
  await client.query(
    `insert into bulwark.webhook_events (provider, event_id, type, state, kept, received_at, request_id)
     select 'old', 'much ' || n, 'thing.happened', 'processed', '{}', now() - interval '91 days', 'test'
     from generate_series(1, 20001) as n`,
  );
  expect(await sweep(database, 90, 10_000)).toBe(20_001);
});

test('how much there is is counted once for all who ask at a time', async () => {
  const countOf = async () =>
    (await inbox.counts()).find(({ provider }) => provider === 'counted')?.count;
  const [first, second] = [inbox.counts(), inbox.counts()];
  expect(await first).toBe(await second);
  await client.query(
    `insert into bulwark.webhook_events (provider, event_id, type, state, kept, request_id)
     values ('counted', 'one', 'thing.happened', 'parked', '{}', 'test')`,
  );
  const giveUpAt = performance.now() + 20_000;
  while ((await countOf()) !== 1) {
    if (performance.now() > giveUpAt) throw new Error('It is not counted');
    await wait(50);
  }
});

test('pages of the inbox leave nothing out', async () => {
  const all = (await inbox.list({ limit: 500 })).events.map(({ id }) => id);
  const paged: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await inbox.list({ limit: 2, ...(cursor !== undefined && { cursor }) });
    paged.push(...page.events.map(({ id }) => id));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  expect(paged).toEqual(all);
  await expect(inbox.list({ limit: 1, cursor: 'x' })).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
  });
});

test('too many are asked to come again, as some senders give up after a 4xx', async () => {
  const answers = await Promise.all(
    Array.from({ length: 600 }, () => post('{}', { 'x-signature': 'no' })),
  );
  const statuses = new Set(answers.map(({ status }) => status));
  expect(statuses).toEqual(new Set([400, 503]));
});
