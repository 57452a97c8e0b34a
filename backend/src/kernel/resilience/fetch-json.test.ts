import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import {
  answers,
  startFailingProvider,
  type resets,
} from '../../../test/support/failing-provider.ts';
import { apiKey, upstreamStand, value } from '../../../test/support/upstream-stand.ts';
import { runWithLogContext } from '../logging/index.ts';

const stand = upstreamStand();
const { provider, get } = stand;

describe('a good answer', () => {
  test('has what the schema names, and the request what leads to it', async () => {
    stand.upstream().next(answers(200, { value: '7', more: 'ignored' }, { 'X-Quota': '12' }));
    const from = provider();
    const response = await runWithLogContext({ requestId: 'req-1' }, () =>
      get(from, { query: { page: 2, name: 'a b&c', none: undefined } }),
    );
    expect(response).toMatchObject({ status: 200, body: { value: 7 } });
    expect(response.body).toEqual({ value: 7 });
    expect(response.headers.get('x-quota')).toBe('12');
    expect(stand.upstream().requests[0]).toMatchObject({
      method: 'GET',
      url: '/v1/cards?page=2&name=a+b%26c',
      headers: { 'x-request-id': 'req-1', 'x-api-key': apiKey, 'user-agent': 'bulwark/test' },
    });
  });

  test('may be asked for by a form, and by a path that is in no line of the log', async () => {
    let body = '';
    stand.upstream().next((response, request) => {
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => response.end('{"value":1}'));
    });
    await provider().fetchJson({
      method: 'POST',
      path: '/secret-in-a-path',
      form: { grant_type: 'a b', assertion: 'x&y' },
      operation: 'token.exchange',
      schema: value,
    });
    expect(body).toBe('grant_type=a+b&assertion=x%26y');
    expect(stand.upstream().requests[0]?.headers['content-type']).toBe(
      'application/x-www-form-urlencoded',
    );
    const lines = JSON.stringify(stand.own().logLines);
    expect(lines).toContain('token.exchange');
    expect(lines).not.toContain('secret-in-a-path');
  });

  test('may come compressed', async () => {
    stand.upstream().next((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync('{"value":3}'));
    });
    expect((await get(provider())).body).toEqual({ value: 3 });
  });

  test('may be one redirect away at the same origin, and nowhere else', async () => {
    stand.upstream().next(answers(302, '', { location: '/v1/moved' }));
    expect((await get(provider())).body).toEqual({ value: 1 });
    const other = await startFailingProvider();
    stand.upstream().next(answers(302, '', { location: `${other.url}/v1/cards` }));
    await expect(get(provider())).rejects.toMatchObject({ code: 'UPSTREAM_INVALID_RESPONSE' });
    expect(other.requests).toEqual([]);
    await other.close();
  });

  test('is not asked for at a path that leads away from the base URL', async () => {
    for (const path of ['/../admin', '/%2e%2e/admin', 'cards', '@evil.example/', ':1/'])
      await expect(provider().fetchJson({ path, schema: value })).rejects.toThrow('leads away');
    expect(stand.upstream().requests).toEqual([]);
  });
});

describe('an answer that cannot be used', () => {
  test.each([
    ['does not fit the schema', answers(200, { value: 'many' })],
    ['has a key that poisons', answers(200, '{"value":1,"__proto__":{"admin":true}}')],
    ['is too big', answers(200, JSON.stringify({ value: 'x'.repeat(2_000_000) }))],
    [
      'is too big once it is unpacked',
      (response: Parameters<typeof resets>[0]) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(gzipSync(Buffer.alloc(20_000_000)));
      },
    ],
    [
      'leads in circles',
      (response: Parameters<typeof resets>[0]) => {
        response.writeHead(302, { location: '/v1/cards' }).end();
      },
    ],
  ])('because it %s is an upstream error, and is not asked for again', async (_why, behaviour) => {
    stand.upstream().always(behaviour);
    const from = provider();
    await expect(get(from)).rejects.toMatchObject({
      code: 'UPSTREAM_INVALID_RESPONSE',
      statusCode: 502,
    });
    const state = await stand.state(from);
    expect(state).toMatchObject({ consecutiveFailures: 0, breaker: 'closed' });
    expect(stand.upstream().requests.length).toBeLessThanOrEqual(4);
  });

  test('shows its beginning in the log, without secrets, and nothing of it to the client', async () => {
    stand.upstream().next(
      answers(200, {
        value: 'x',
        email: 'ann@example.com',
        echo: `Bearer ${apiKey}`,
        token: apiKey,
      }),
    );
    const error = await get(provider()).catch((caught: unknown) => caught);
    const line = stand
      .own()
      .logLines.find(
        ({ msg, faults }) =>
          msg === 'A provider gave an answer that cannot be used' && faults !== undefined,
      );
    expect(line).toMatchObject({ status: 200, reason: 'does not fit the schema' });
    expect(String(line?.sample)).toContain('value');
    const everything = JSON.stringify([stand.own().logLines, (error as Error).message]);
    expect(everything).not.toMatch(/ann@example|5f2b7c9d11/);
  });
});
