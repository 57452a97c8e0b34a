import { EventEmitter, once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { route } from '../src/kernel/http/index.ts';
import { defineModule } from '../src/kernel/module/index.ts';
import { oneOf, shape } from '../src/kernel/schema/index.ts';
import { startTestApp, type TestApp } from './support/app.ts';

/** Tells which answer is over, whole or not. */
const over = new EventEmitter();

async function* pieces(how: string): AsyncGenerator<string> {
  await Promise.resolve();
  if (how === 'fails-at-once') throw new Error('before the first piece');
  try {
    yield 'first\n';
    if (how === 'fails-halfway') throw new Error('after the first piece');
    yield 'sécond\n';
    while (how === 'endless') yield 'x'.repeat(10_000);
  } finally {
    over.emit(how);
  }
}

/** One answer of text, piece by piece. */
const streams = defineModule({
  name: 'streams',
  create: () => ({
    routes: [
      route({
        method: 'get',
        path: '/streams/:how',
        summary: 'Text in pieces',
        tag: 'streams',
        auth: 'public',
        rateLimit: 'public',
        params: shape({ how: oneOf('whole', 'fails-at-once', 'fails-halfway', 'endless') }),
        responses: { 200: { description: 'Text', contentType: 'text/csv; charset=utf-8' } },
        handler: ({ params }) =>
          Promise.resolve({ headers: { 'X-Own': 'yes' }, stream: pieces(params.how) }),
      }),
    ],
  }),
});

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ modules: [streams] });
});
afterAll(async () => {
  await app.stop();
});

test('text is sent piece by piece, with the headers of every answer', async () => {
  const response = await fetch(`${app.url}/api/v1/streams/whole`);
  expect(await response.text()).toBe('first\nsécond\n');
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(response.headers.get('x-own')).toBe('yes');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('x-request-id')).not.toBeNull();
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  const head = await fetch(`${app.url}/api/v1/streams/whole`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('what fails before the first piece is an answer like every other failure', async () => {
  const response = await app.request.get('/api/v1/streams/fails-at-once');
  expect(response).toMatchObject({ status: 500, body: { error: 'INTERNAL_ERROR' } });
});

test('what fails later cuts the connection, so that no part is taken for the whole', async () => {
  const response = await fetch(`${app.url}/api/v1/streams/fails-halfway`);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
  expect(app.logLines.some(({ msg }) => msg === 'request failed')).toBe(true);
});

test('a client that goes away ends the work', async () => {
  const ended = once(over, 'endless');
  const endless = httpRequest(`${app.url}/api/v1/streams/endless`, (response) => {
    response.once('data', () => endless.destroy());
  });
  endless.on('error', () => undefined);
  endless.end();
  await ended;
});

test('the document names the type of the text', async () => {
  const document = (await app.request.get('/api/v1/openapi.json')).body as {
    paths: Record<string, { get: { responses: Record<string, { content: object }> } }>;
  };
  expect(document.paths['/api/v1/streams/{how}']?.get.responses['200']?.content).toEqual({
    'text/csv; charset=utf-8': { schema: { type: 'string' } },
  });
});
