import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import { operations } from './index.ts';

let app: TestApp;
let doors: { method: 'get' | 'post' | 'put' | 'delete'; path: string }[];

beforeAll(async () => {
  app = await startTestApp({ modules: [operations] });
  const { paths } = (await app.request.get('/api/v1/openapi.json')).body as {
    paths: Record<string, Record<string, unknown>>;
  };
  doors = Object.entries(paths)
    .filter(([path]) => path.startsWith('/api/v1/admin/'))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({
        method: method as 'get',
        path: path.replaceAll(/\{\w+\}/g, 'some-name'),
      })),
    );
});
afterAll(async () => {
  await app.stop();
});

test('nobody but an admin comes through a door of the admin API', async () => {
  expect(doors.length).toBeGreaterThan(20);
  const [user, service] = [await app.signUp(), await app.signUp({ role: 'service' })];
  const outcomes = await Promise.all(
    doors.map(async ({ method, path }) => {
      const as = async (token?: string) => {
        const request = app.request[method](path);
        if (token !== undefined) void request.set('authorization', `Bearer ${token}`);
        return (await request).status;
      };
      return [
        `${method} ${path}`,
        await as(),
        await as(user.accessToken),
        await as(service.accessToken),
      ];
    }),
  );
  expect(outcomes).toEqual(outcomes.map(([name]) => [name, 401, 403, 403]));
});
