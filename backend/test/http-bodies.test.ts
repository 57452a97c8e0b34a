import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp } from './support/app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ modules: [echo], environment: { BODY_LIMIT: '1kb' } });
});
afterAll(async () => {
  await app.stop();
});

/** To a route in which nothing is required, so that only the reading of the body can refuse it. */
async function send(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<{ status: number; error: string | undefined; text: string }> {
  const response = await fetch(`${app.url}/api/v1/echo`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, error: (JSON.parse(text) as { error?: string }).error, text };
}

describe('a body', () => {
  test('of JSON is read, with or without a byte order mark and a charset', async () => {
    const types = ['application/json', 'Application/JSON; charset="UTF-8"'];
    for (const type of types)
      for (const body of [
        '{"word":"crème 🍮"}',
        '\ufeff{"word":"crème 🍮"}',
        ' {"word":"crème 🍮"}\n',
      ])
        expect(await send(body, { 'content-type': type })).toMatchObject({
          status: 200,
          text: '{"word":"crème 🍮"}',
        });
  });

  test.each([
    '{"word":',
    '{word:1}',
    "{'word':1}",
    '{"word":"a",}',
    '{"word":"a"}}',
    '{"word":"a"}{}',
    '{"word":NaN}',
    '{"word":01}',
    '{"word":"a\nb"}',
    '{"word":"\\x41"}',
    '// {}',
    '[1',
    'undefined',
    '\0',
    ' ',
    '\ufeff',
  ])('of %j is malformed', async (body) => {
    const { status, error, text } = await send(body);
    expect([status, error]).toEqual([400, 'MALFORMED_JSON']);
    expect(text).not.toMatch(/node_modules|at .*:\d+:\d+|details/);
  });

  test.each(['"text"', '42', '-0.5', 'true', 'null', '[]', '[{"word":"a"}]', ''])(
    'of %j is JSON or nothing at all, but not what is asked for',
    async (body) => {
      const { status, error } = await send(body);
      expect([status, error]).toEqual([400, 'VALIDATION_FAILED']);
    },
  );

  test('that is not there is not an empty object', async () => {
    const response = await fetch(`${app.url}/api/v1/echo`, { method: 'PATCH' });
    expect(await response.json()).toMatchObject({
      error: 'VALIDATION_FAILED',
      details: [{ field: 'body', reason: 'is required' }],
    });
  });

  test('of bytes that are no UTF-8 is malformed, and nothing is put in their place', async () => {
    const latin1 = new Uint8Array(Buffer.from('{"word":"crème"}', 'latin1'));
    expect(await send(latin1)).toMatchObject({ status: 400, error: 'MALFORMED_JSON' });
    const utf16 = new Uint8Array(Buffer.from('{"word":"a"}', 'utf16le'));
    expect(await send(utf16)).toMatchObject({ status: 400, error: 'MALFORMED_JSON' });
  });

  test.each([
    '{"__proto__":{"word":"hidden"}}',
    '{"word":"a","__proto__":{"admin":true}}',
    '{"word":"a","\\u005f_proto__":1}',
    `{"word":${'['.repeat(70)}${']'.repeat(70)}}`,
  ])('that would harm whoever handles it is refused: %j', async (body) => {
    const { status, text } = await send(body);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      error: 'VALIDATION_FAILED',
      details: [{ field: 'body', reason: expect.stringMatching(/__proto__|deeply/) as unknown }],
    });
  });

  test.each([
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/vnd.api+json' },
    { 'content-type': 'application/json, text/plain' },
    { 'content-type': 'application/json; charset=utf-16' },
    { 'content-type': 'application/json; charset=latin1' },
    { 'content-encoding': 'br' },
    { 'content-encoding': 'nonsense' },
  ])('sent with %j is of no supported type', async (headers) => {
    expect(await send('{"word":"a"}', headers as Record<string, string>)).toMatchObject({
      status: 415,
      error: 'UNSUPPORTED_MEDIA_TYPE',
    });
  });

  test('is never inflated, however small it looks', async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(500_000, 32)));
    expect(bomb.length).toBeLessThan(1024);
    expect(await send(bomb, { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
  });

  test('beyond the limit is too large, with a length or without', async () => {
    const large = JSON.stringify({ word: 'x'.repeat(2000) });
    expect(await send(large)).toMatchObject({ status: 413, error: 'PAYLOAD_TOO_LARGE' });
    const response = await fetch(`${app.url}/api/v1/echo`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: new Blob([large]).stream(),
      duplex: 'half',
    });
    expect(response.status).toBe(413);
  });
});
