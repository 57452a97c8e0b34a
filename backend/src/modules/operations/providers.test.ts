import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import {
  answers,
  startFailingProvider,
  type FailingProvider,
} from '../../../test/support/failing-provider.ts';
import type { ProviderState } from '../../kernel/resilience/index.ts';
import { operations } from './index.ts';
import { consoleOf, until } from './prove/fixtures/console.ts';
import { createOperable } from './prove/fixtures/operable.ts';

let upstream: FailingProvider;
let app: TestApp;
let other: TestApp;
let ask: ReturnType<typeof consoleOf>;

beforeAll(async () => {
  upstream = await startFailingProvider();
  const modules = () => [operations, createOperable({ upstreamUrl: upstream.url }).module];
  app = await startTestApp({ modules: modules() });
  // Another process of the same server.
  other = await startTestApp({ modules: modules(), stack: app.stack });
  ask = consoleOf(other, await app.signUp({ role: 'admin' }));
});
afterAll(async () => {
  await other.stop();
  await app.stop();
  await upstream.close();
});

const call = async (): Promise<number> =>
  (await app.request.get('/api/v1/operable/upstream')).status;
const stateIs = (breaker: string) =>
  until(async () => {
    const { body } = await ask<{ providers: ProviderState[] }>('get', '/providers');
    return body.providers.find((one) => one.name === 'operable' && one.breaker === breaker);
  }, `a breaker that is ${breaker}`);

test('a breaker that one process has opened is seen in another, and reset from there', async () => {
  expect(await call()).toBe(200);
  upstream.always(answers(500));
  expect([await call(), await call()]).toEqual([503, 503]);
  expect(await stateIs('open')).toMatchObject({
    openings: 1,
    retryAt: expect.any(String) as unknown,
  });

  upstream.always(answers(200, { value: 2 }));
  const asked = upstream.requests.length;
  expect(await call()).toBe(503);
  expect(upstream.requests).toHaveLength(asked);

  expect((await ask('post', '/providers/operable/reset')).status).toBe(204);
  await until(async () => ((await call()) === 200 ? true : undefined), 'a call that comes through');
  await stateIs('closed');
  expect((await ask('post', '/providers/nobody/reset')).status).toBe(404);
});
