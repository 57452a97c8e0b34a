import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApp, type TestApp, type TestUser } from '../../../test/support/app.ts';
import { operations } from './index.ts';
import { consoleOf, until } from './prove/fixtures/console.ts';
import { createOperable } from './prove/fixtures/operable.ts';

let app: TestApp;
let other: TestApp;
let admin: TestUser;
let ask: ReturnType<typeof consoleOf>;

beforeAll(async () => {
  app = await startTestApp({ modules: [operations, createOperable().module] });
  // Another process of the same server.
  other = await startTestApp({ modules: [operations, createOperable().module], stack: app.stack });
  admin = await app.signUp({ role: 'admin' });
  ask = consoleOf(other, admin);
});
afterAll(async () => {
  await other.stop();
  await app.stop();
});

const isOn = async (of: TestApp, user: TestUser): Promise<boolean> => {
  const response = await of.request
    .get('/api/v1/operable/flag')
    .set('authorization', `Bearer ${user.accessToken}`);
  return (response.body as { on: boolean }).on;
};

test('a flag that is set in one process is on in another within two seconds, for whom it says', async () => {
  const [chosen, somebody] = [await app.signUp(), await app.signUp()];
  expect(await isOn(app, chosen)).toBe(false);
  const set = await ask('put', '/flags/operable.flag', {
    enabled: true,
    percentage: 0,
    users: [chosen.userId],
    description: 'For the test',
  });
  expect(set).toMatchObject({
    status: 200,
    body: { version: 1, enabled: true, changedBy: { id: admin.userId, email: admin.email } },
  });
  const startedAt = performance.now();
  await until(async () => (await isOn(app, chosen)) || undefined, 'the flag');
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect([await isOn(app, somebody), await isOn(other, chosen)]).toEqual([false, true]);
});

test('of two who change a flag at once the second is told', async () => {
  const rule = { enabled: false, version: 1 };
  expect((await ask('put', '/flags/operable.flag', rule)).status).toBe(200);
  expect(await ask('put', '/flags/operable.flag', rule)).toMatchObject({
    status: 409,
    body: { error: 'CONFLICT' },
  });
  const unfit = { enabled: true, percentage: 101, users: ['nobody'], roles: ['king'] };
  expect((await ask('put', '/flags/operable.flag', unfit)).status).toBe(400);
});

test('a flag that is removed leaves the default of the code', async () => {
  await ask('put', '/flags/operable.flag', { enabled: true });
  expect((await ask('delete', '/flags/operable.flag')).status).toBe(204);
  await until(async () => ((await isOn(app, admin)) ? undefined : true), 'no flag');
  expect((await ask('delete', '/flags/operable.flag')).status).toBe(404);
  const { body } = await ask<{ flags: unknown[] }>('get', '/flags');
  expect(body.flags).toEqual([]);
});
