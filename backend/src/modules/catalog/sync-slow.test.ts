import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type Sandbox, startSandbox } from '../../../local/providers/sandbox.ts';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import type { Sync } from './sync-schema.ts';

/** Failures that take their time, with queue and API in two servers, as in production. */
let sandbox: Sandbox;
let app: TestApp;
let worker: TestApp;
let client: Client;
let admin: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  const environment = { ...sandbox.environment, JUSTTCG_PAGE_SIZE: '25', JOBS_POLL_MS: '500' };
  app = await startTestApp({ environment: { ...environment, JOBS_WORKER: 'none' } });
  worker = await startTestApp({ environment, stack: app.stack });
  client = new Client({ connectionString: app.database.url });
  await client.connect();
  admin = (await app.signUp({ role: 'admin' })).accessToken;
}, 30_000);
afterAll(async () => {
  await client.end();
  await worker.stop();
  await app.stop();
  await sandbox.close();
});

/** Asks the one server for it; resolves with what that server's socket was told last, done by the other. */
async function completed(set: string): Promise<Sync> {
  const response = await app.request
    .post('/api/v1/catalog/syncs')
    .set('authorization', `Bearer ${admin}`)
    .send({ game: 'pokemon', set: `${set}-pokemon` });
  expect(response.status).toBe(202);
  const { id: syncId } = response.body as Sync;
  const socket = await app.connect(admin);
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${set} was not completed`));
      }, 25_000);
      const told = (sync: Sync) => {
        if (sync.status !== 'completed') return;
        clearTimeout(timer);
        resolve(sync);
      };
      socket.on('catalog:sync-progress', told);
      socket.emitWithAck('catalog:watch-sync', { syncId }).then(({ data }: { data: Sync }) => {
        told(data);
      }, reject);
    });
  } finally {
    socket.disconnect();
  }
}

test.each<[string, string, Parameters<Sandbox['misbehave']>[1]]>([
  ['a body that never ends', 'ironwood', { slowBody: true, forNext: 1 }],
  ['an answer that comes too late', 'echoes', { latencyMs: 7_000, forNext: 1 }],
  ['a short pause', 'night-market', { rate429: { retryAfterSeconds: 1 }, forNext: 1 }],
  ['every fifth call failing', 'first-light', { status: 500, failRate: 0.2 }],
])(
  '%s costs time and no card',
  async (_what, set, faults) => {
    // Known beforehand, so that the fault meets the cards.
    await app.request
      .post('/api/v1/catalog/syncs')
      .set('authorization', `Bearer ${admin}`)
      .send({ game: 'pokemon', set: 'nowhere' });
    sandbox.misbehave('justtcg', faults);
    const done = await completed(set);
    sandbox.heal('justtcg');
    expect(done.cards).toMatchObject({
      inserted: done.total,
      unchanged: 0,
      updated: 0,
      rejected: 0,
    });
    const { rows } = await client.query<{ cards: number }>(
      `select count(*)::integer as cards from catalog.cards where set_id = $1`,
      [`${set}-pokemon`],
    );
    expect(rows[0]?.cards).toBe(done.total);
  },
  30_000,
);
