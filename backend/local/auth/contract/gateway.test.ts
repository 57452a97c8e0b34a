import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Pool } from 'pg';
import { freshEmail, openStand, signUp } from './stand.ts';
import type { Stand } from './stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await openStand();
});
afterAll(() => stand.close());

interface Call {
  method?: string;
  body?: string;
  headers?: Record<string, string>;
}

function call(path: string, init: Call = {}) {
  const headers = { apikey: stand.issuer.anonKey, ...init.headers };
  return fetch(stand.issuer.url + path, { ...init, headers });
}

describe('the gateway', () => {
  test.each([
    ['no key', {}],
    ['an unknown key', { apikey: 'sb_publishable_unknown' }],
    ['the key only as bearer token', { authorization: 'Bearer sb_publishable_unknown' }],
  ])('lets nobody in with %s', async (_what, headers) => {
    const response = await fetch(`${stand.issuer.url}/auth/v1/settings`, { headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toHaveProperty('message');
  });

  test('answers health and the key set without a key', async () => {
    const paths = ['/auth/v1/health', '/auth/v1/.well-known/jwks.json', '/.well-known/jwks.json'];
    for (const path of paths) {
      expect((await fetch(stand.issuer.url + path)).status).toBe(200);
    }
  });

  test('says of what it lacks that it lacks it', async () => {
    const paths = [
      '/rest/v1/recipes',
      '/storage/v1/bucket',
      '/realtime/v1/websocket',
      '/auth/v1/otp',
      '/auth/v1/token?grant_type=pkce',
    ];
    for (const path of paths) {
      const response = await call(path, { method: 'POST', body: '{}' });
      expect(response.status).toBe(501);
      expect(await response.json()).toMatchObject({
        code: 501,
        error_code: 'not_implemented',
        msg: expect.stringContaining('emulator'),
      });
    }
    const { error } = await stand.client().auth.signInWithOtp({ email: freshEmail() });
    expect(error?.message).toContain('POST /auth/v1/otp');
  });

  test('lets a page of another origin read answers and headers', async () => {
    const preflight = await fetch(`${stand.issuer.url}/auth/v1/token`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:5173',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'apikey,x-supabase-api-version',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('apikey');
    const answer = await call('/auth/v1/settings', {
      headers: { origin: 'http://localhost:5173' },
    });
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-supabase-api-version');
  });

  test('makes keys of the new opaque kind, long enough to be secrets', () => {
    expect(stand.issuer.anonKey).toMatch(/^sb_publishable_[\w-]{32,}$/);
    expect(stand.issuer.serviceRoleKey).toMatch(/^sb_secret_[\w-]{32,}$/);
  });
});

describe('an error', () => {
  const weak = { method: 'POST', body: JSON.stringify({ email: 'a@example.com', password: 'x' }) };

  test('has the code in error_code for clients before 2024', async () => {
    const response = await call('/auth/v1/signup', weak);
    expect(response.headers.has('x-supabase-api-version')).toBe(false);
    expect(await response.json()).toEqual({
      code: 422,
      error_code: 'weak_password',
      msg: expect.any(String),
      weak_password: { reasons: ['length'] },
    });
  });

  test('has the code in code for clients from 2024-01-01 on', async () => {
    const headers = { 'x-supabase-api-version': '2024-01-01' };
    const response = await call('/auth/v1/signup', { ...weak, headers });
    expect(response.headers.get('x-supabase-api-version')).toBe('2024-01-01');
    expect(await response.json()).toEqual({
      code: 'weak_password',
      message: expect.any(String),
      weak_password: { reasons: ['length'] },
    });
  });

  test.each([
    ['a body that is not JSON', '{"email":', 'bad_json'],
    ['a body that is a list', '[]', 'bad_json'],
    ['a field of the wrong type', '{"email":1,"password":"long enough"}', 'bad_json'],
    ['a character Postgres cannot hold', '{"data":{"name":"\\u0000"}}', 'validation_failed'],
  ])('answers %s with 400', async (_what, body, code) => {
    const response = await call('/auth/v1/signup', { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error_code: code });
  });

  test.each([
    ['no token', undefined, 401, 'no_authorization'],
    ['a token that is none', 'Bearer x.y.z', 403, 'bad_jwt'],
    [
      'an unsigned token',
      `Bearer ${unsigned({ sub: '00000000-0000-4000-8000-000000000000' })}`,
      403,
      'bad_jwt',
    ],
  ])('answers %s with its own code', async (_what, authorization, status, code) => {
    const response = await call('/auth/v1/user', {
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error_code: code });
  });

  test('says nothing of its cause when the database fails, but its log does', async () => {
    const logged: object[] = [];
    const failing = await stand.startAnother({
      logger: { error: (fields) => logged.push(fields) },
    });
    const owner = new Pool({ connectionString: stand.databaseUrl, max: 1 });
    await owner.query('alter table auth.users rename to hidden');
    try {
      const response = await fetch(`${failing.url}/auth/v1/signup`, {
        method: 'POST',
        headers: { apikey: failing.anonKey },
        body: JSON.stringify({ email: 'secret@example.com', password: 'long enough' }),
      });
      expect(response.status).toBe(500);
      const text = await response.text();
      expect(text).toContain('unexpected_failure');
      expect(text).not.toMatch(/users|select|secret/);
      expect(logged).toMatchObject([{ error: { code: '42P01' } }]);
      expect(JSON.stringify(logged)).not.toContain('secret@example.com');
    } finally {
      await owner.query('alter table auth.hidden rename to users');
      await owner.end();
    }
  });
});

describe('the tables', () => {
  test('are open to postgres and closed to the roles of the API', async () => {
    const { user } = await signUp(stand);
    const { rows } = await stand.db.query('select id from auth.users where id = $1', [user.id]);
    expect(rows).toEqual([{ id: user.id }]);
    for (const role of ['anon', 'authenticated', 'service_role']) {
      for (const table of [
        'auth.users',
        'auth.sessions',
        'auth.refresh_tokens',
        'auth.identities',
      ]) {
        const { rows: privileges } = await stand.db.query(
          `select has_table_privilege($1, $2, 'select, insert, update, delete') as any`,
          [role, table],
        );
        expect(privileges).toEqual([{ any: false }]);
      }
    }
    for (const role of ['postgres', 'anon', 'authenticated', 'service_role']) {
      const { rows: usage } = await stand.db.query(
        `select has_schema_privilege($1, 'local_auth', 'usage') as any`,
        [role],
      );
      expect(usage).toEqual([{ any: false }]);
    }
  });
});

function unsigned(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}
