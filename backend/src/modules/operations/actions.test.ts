import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSandbox, type Sandbox } from '../../../local/providers/sandbox.ts';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import { operations } from './index.ts';
import { consoleOf, until } from './prove/fixtures/console.ts';
import { createOperable } from './prove/fixtures/operable.ts';

const { module: operable, state } = createOperable();
let sandbox: Sandbox;
let app: TestApp;
let ask: ReturnType<typeof consoleOf>;

beforeAll(async () => {
  sandbox = await startSandbox();
  app = await startTestApp({
    modules: [operations, operable],
    environment: { PROVIDER_SANDBOX_URL: sandbox.url },
  });
  ask = consoleOf(app, await app.signUp({ role: 'admin' }));
});
afterAll(async () => {
  await app.stop();
  await sandbox.close();
});

test('what modules can be told to do is listed with its fields, also where a provider is down', async () => {
  expect((await ask('get', '/actions')).body).toEqual({
    actions: [
      {
        name: 'operable.sync',
        title: 'Sync',
        description: 'Enqueues one piece of work',
        fields: [
          {
            name: 'game',
            label: 'Game',
            kind: 'select',
            required: true,
            help: null,
            dependsOn: null,
            choices: [{ value: 'chess', label: 'Chess' }],
          },
          expect.objectContaining({ name: 'set', dependsOn: 'game', choices: null }),
          expect.objectContaining({ name: 'broken', required: false, choices: null }),
        ],
      },
    ],
  });
  const choices = await ask('get', '/actions/operable.sync/choices?field=set&chosen=chess');
  expect(choices.body).toEqual({ choices: [{ value: 'chess-1', label: 'First of chess' }] });
  expect((await ask('get', '/actions/operable.sync/choices?field=none')).status).toBe(404);
});

test('an action is done with input that fits its schema, and only then', async () => {
  const run = await ask<{ message: string; jobId: string }>('post', '/actions/operable.sync', {
    game: 'chess',
    set: 'chess-1',
  });
  expect(run.body).toEqual({
    message: 'Sync of chess-1 begun',
    jobId: expect.any(String) as unknown,
  });
  await until(() => Promise.resolve(state.done.includes('sync chess-1') || undefined), 'the job');

  const unfit = await ask('post', '/actions/operable.sync', { game: 7 });
  expect(unfit).toMatchObject({
    status: 400,
    body: {
      error: 'VALIDATION_FAILED',
      details: [{ field: 'game' }, { field: 'set', reason: 'is required' }],
    },
  });
  expect((await ask('post', '/actions/no.such', {})).status).toBe(404);
});

test.each([
  ['go', 501, 'NOT_IMPLEMENTED'],
  ['shogi', 409, 'CONFLICT'],
])('an action that cannot be done for %s says why: %i %s', async (game, status, code) => {
  const answer = { status, body: { error: code } };
  const choices = `/actions/operable.sync/choices?field=set&chosen=${game}`;
  expect(await ask('get', choices)).toMatchObject(answer);
  expect(await ask('post', '/actions/operable.sync', { game, set: '1' })).toMatchObject(answer);
});

test('a provider of the sandbox is told to misbehave, and healed', async () => {
  const faults = { status: 503, forNext: 3 };
  const broken = await ask('put', '/sandbox/justtcg', { faults });
  expect(broken).toMatchObject({ status: 200, body: { name: 'justtcg', faults } });
  expect(sandbox.provider('justtcg').faults.current()).toEqual(faults);
  const { body } = await ask<{ providers: { name: string; faults: unknown }[] }>('get', '/sandbox');
  expect(body.providers.find(({ name }) => name === 'justtcg')?.faults).toEqual(faults);

  expect((await ask('put', '/sandbox/justtcg', { faults: null })).status).toBe(200);
  expect(sandbox.provider('justtcg').faults.current()).toBeNull();
  expect((await ask('put', '/sandbox/nobody', { faults })).status).toBe(404);
  expect((await ask('put', '/sandbox/justtcg', { faults: {} })).status).toBe(400);
});

test('without a sandbox there is no such door, and one that is down is said to be', async () => {
  await sandbox.close();
  expect(await ask('get', '/sandbox')).toMatchObject({
    status: 503,
    body: { error: 'UPSTREAM_UNAVAILABLE', message: 'The provider sandbox does not answer.' },
  });
  const without = await startTestApp({ modules: [operations], stack: app.stack });
  const admin = consoleOf(without, await app.signUp({ role: 'admin' }));
  expect((await admin('get', '/sandbox')).status).toBe(404);
  await without.stop();
});
