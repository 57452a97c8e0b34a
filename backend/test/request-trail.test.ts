import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { trailModule } from './fixtures/trail-module.ts';
import { startTestApp, type TestApp } from './support/app.ts';
import { answers, startFailingProvider, type FailingProvider } from './support/failing-provider.ts';
import { until } from './support/log-store.ts';

let provider: FailingProvider;
let api: TestApp;
let worker: TestApp;

beforeAll(async () => {
  provider = await startFailingProvider();
  const modules = [trailModule(provider.url)];
  // What one enqueues the other does: they have nothing in common but the database.
  api = await startTestApp({ modules, environment: { JOBS_WORKER: 'none' } });
  worker = await startTestApp({ modules, stack: api.stack });
});
afterAll(async () => {
  await worker.stop();
  await api.stop();
  await provider.close();
});

interface Row {
  level: string;
  message: string;
  requestId: string;
  fields: Record<string, unknown>;
}

async function trailOf(requestId: string, token: string): Promise<Row[]> {
  const response = await api.request
    .get(`/api/v1/trail/${requestId}`)
    .set('authorization', `Bearer ${token}`);
  return (response.body as { rows: Row[] }).rows.reverse();
}

test('one request id leads from the request through its job and the calls of providers to the stored lines', async () => {
  const { accessToken, userId } = await api.signUp();
  const admin = await api.signUp({ role: 'admin' });
  const requestId = 'followed-by-an-operator';
  provider.next(answers(500));
  await api.request
    .post('/api/v1/trail')
    .set('authorization', `Bearer ${accessToken}`)
    .set('x-request-id', requestId)
    .send({ what: 'everything' })
    .expect(202);

  let rows: Row[] = [];
  await until(async () => {
    rows = await trailOf(requestId, admin.accessToken);
    return ['request', 'provider call', 'job'].every((wanted) =>
      rows.some(({ message }) => message === wanted),
    );
  });
  const fieldsOf = (wanted: string) => rows.find(({ message }) => message === wanted)?.fields;
  expect(fieldsOf('request')).toMatchObject({ userId, method: 'POST', path: '/api/v1/trail' });
  expect(fieldsOf('job')).toMatchObject({ job: 'trail.ask', outcome: 'done' });
  expect(fieldsOf('provider call')).toMatchObject({ provider: 'oracle', outcome: 'ok', tries: 2 });
  expect(new Set(rows.map((row) => row.requestId))).toEqual(new Set([requestId]));
  // The provider's operators are told it, too.
  expect(provider.requests.map(({ headers }) => headers['x-request-id'])).toEqual([
    requestId,
    requestId,
  ]);
  expect(await trailOf('of-somebody-else', admin.accessToken)).toEqual([]);
});
