import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { authCodes } from './auth-codes.ts';
import { errorCodes, type ErrorCode } from './codes.ts';
import { errorBody } from './http-response.ts';
import { postgrestCodes } from './postgrest.ts';
import { storageCodes } from './storage.ts';
import { toAppError } from './to-app-error.ts';

/** supabase-js, unmodified, against a server that answers what a test wants: the errors are the library's own. */
const mark = 'zqx-secret';
let server: Server;
let answer: { status: number; body: unknown; type?: string };
let supabase: SupabaseClient;

const clientFor = (url: string) =>
  createClient(url, 'key', { auth: { persistSession: false, autoRefreshToken: false } });

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status, {
      'Content-Type': answer.type ?? 'application/json',
      'X-Supabase-Api-Version': '2024-01-01',
    });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  supabase = clientFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

const authError = async () =>
  (await supabase.auth.signInWithPassword({ email: 'a@b.c', password: 'p' })).error;
const rowError = async () => (await supabase.from('t').insert({ a: 1 })).error;
const objectError = async () => (await supabase.storage.from('b').list()).error;

function expectMapped(error: unknown, code: ErrorCode): void {
  expect(error).not.toBeNull();
  const mapped = toAppError(error);
  expect(mapped.code).toBe(code);
  expect(mapped.message).toBe(errorCodes[code].message);
  const body = errorBody(mapped, { requestId: 'r-1', path: '/' });
  expect(JSON.stringify(body)).not.toContain('zqx');
}

describe('Supabase Auth', () => {
  test('says any of its 109 codes, and clients get ours', async () => {
    for (const [code, ours] of authCodes) {
      answer = { status: 422, body: { code, message: mark } };
      // auth-js keeps the code of this one to itself and throws an error without one.
      expectMapped(await authError(), code === 'session_not_found' ? 'SESSION_REVOKED' : ours);
    }
  });

  test('names the rules that a weak password breaks', async () => {
    answer = {
      status: 422,
      body: {
        code: 'weak_password',
        message: mark,
        weak_password: { reasons: ['length', 'pwned', mark] },
      },
    };
    expect(toAppError(await authError()).details).toEqual([
      { field: 'password', reason: 'is too short' },
      { field: 'password', reason: 'is known from a data breach' },
    ]);
  });

  test.each<[string, ErrorCode, number, unknown, string?]>([
    ['a code nobody has met', 'INTERNAL_ERROR', 400, { code: 'zqx_new', message: mark }],
    ['a failure of its own', 'AUTH_UNAVAILABLE', 500, { code: 'zqx_new', message: mark }],
    ['that it is overloaded', 'RATE_LIMITED', 429, { message: mark }],
    ['that our key is wrong (the gateway)', 'AUTH_UNAVAILABLE', 401, { message: mark }],
    ['a page instead of JSON', 'AUTH_UNAVAILABLE', 404, `<h1>${mark}</h1>`, 'text/html'],
    ['a page for a bad gateway', 'AUTH_UNAVAILABLE', 502, `<h1>${mark}</h1>`, 'text/html'],
  ])('says %s: %s', async (_, ours, status, body, type = 'application/json') => {
    answer = { status, body, type };
    expectMapped(await authError(), ours);
  });
});

describe('PostgREST', () => {
  test('says any of its 39 codes, and clients get ours', async () => {
    for (const [code, ours] of postgrestCodes) {
      answer = { status: 400, body: { code, message: mark, details: mark, hint: mark } };
      expectMapped(await rowError(), ours);
    }
  });

  test.each<[string, ErrorCode]>([
    ['23505', 'DUPLICATE_ENTRY'],
    ['42501', 'FORBIDDEN'],
    ['57014', 'DATABASE_TIMEOUT'],
    ['42P01', 'INTERNAL_ERROR'],
    ['PGRST999', 'INTERNAL_ERROR'],
    ['PT402', 'INTERNAL_ERROR'],
  ])('passes on %s: %s', async (code, ours) => {
    answer = {
      status: 409,
      body: { code, message: mark, details: `Key (a)=(${mark})`, hint: null },
    };
    expectMapped(await rowError(), ours);
  });

  test('does not answer, but the gateway before it', async () => {
    answer = { status: 502, body: `<h1>${mark}</h1>`, type: 'text/html' };
    const thrown = await supabase
      .from('t')
      .insert({})
      .throwOnError()
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expectMapped(thrown, 'UPSTREAM_UNAVAILABLE');
    // Handed out and not thrown, it is an object with a message, of which nobody can tell whence it came.
    expectMapped(await rowError(), 'INTERNAL_ERROR');
  });
});

describe('Supabase Storage', () => {
  test('says any of its codes, and clients get ours', async () => {
    expect(storageCodes.size).toBeGreaterThanOrEqual(54);
    for (const [code, ours] of storageCodes) {
      answer = { status: 400, body: { statusCode: '400', code, error: code, message: mark } };
      expectMapped(await objectError(), ours);
    }
  });

  test.each<[string, ErrorCode]>([
    ['404', 'NOT_FOUND'],
    ['409', 'DUPLICATE_ENTRY'],
    ['413', 'PAYLOAD_TOO_LARGE'],
    ['415', 'UNSUPPORTED_MEDIA_TYPE'],
    ['429', 'UPSTREAM_UNAVAILABLE'],
    ['500', 'UPSTREAM_UNAVAILABLE'],
    ['544', 'UPSTREAM_UNAVAILABLE'],
    ['403', 'INTERNAL_ERROR'],
    ['NoSuchKey', 'NOT_FOUND'],
  ])('of an older version says statusCode %s: %s', async (statusCode, ours) => {
    answer = { status: 400, body: { statusCode, error: mark, message: mark } };
    expectMapped(await objectError(), ours);
  });

  test('says a code nobody has met', async () => {
    answer = { status: 404, body: { statusCode: '404', code: 'ZqxNew', message: mark } };
    expectMapped(await objectError(), 'INTERNAL_ERROR');
  });
});

test('Nobody there at all is 503 for each of the three', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const nobody = clientFor(`http://127.0.0.1:${port}`);
  expectMapped((await nobody.auth.getUser('token')).error, 'AUTH_UNAVAILABLE');
  expectMapped((await nobody.from('t').insert({})).error, 'UPSTREAM_UNAVAILABLE');
  expectMapped((await nobody.storage.from('b').list()).error, 'UPSTREAM_UNAVAILABLE');
});
