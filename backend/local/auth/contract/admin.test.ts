import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freshEmail, openStand, password, present, signIn, signUp } from './stand.ts';
import type { Stand } from './stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await openStand();
});
afterAll(() => stand.close());

const admin = () => stand.admin().auth.admin;

async function createUser(attributes: object = {}) {
  const email = freshEmail();
  const wanted = { email, password, email_confirm: true, ...attributes };
  const { data, error } = await admin().createUser(wanted);
  if (error) throw error;
  return { email, user: present(data.user) };
}

describe('an admin', () => {
  test('creates a user that can sign in, and reads it back', async () => {
    const { email, user } = await createUser({
      app_metadata: { role: 'admin' },
      user_metadata: { name: 'Ada' },
    });
    const { data } = await admin().getUserById(user.id);
    expect(data.user).toMatchObject({
      id: user.id,
      email,
      app_metadata: { provider: 'email', providers: ['email'], role: 'admin' },
      user_metadata: { name: 'Ada', email_verified: true },
    });
    const { client } = await signIn(stand, email);
    const claims = await client.auth.getClaims();
    expect(claims.data?.claims.app_metadata).toMatchObject({ role: 'admin' });
  });

  test('may choose the id, once', async () => {
    const id = randomUUID();
    expect((await createUser({ id })).user.id).toBe(id);
    const again = await admin().createUser({ id, email: freshEmail() });
    expect(again.error?.code).toBe('user_already_exists');
  });

  test('cannot create what is taken, malformed or without any address', async () => {
    const { email } = await createUser({ phone: '+15550101' });
    const refusals = await Promise.all([
      admin().createUser({ email: email.toUpperCase(), password }),
      admin().createUser({ phone: '15550101' }),
      admin().createUser({ email: 'nobody' }),
      admin().createUser({ password }),
    ]);
    expect(refusals.map(({ error }) => [error?.code, error?.status])).toEqual([
      ['email_exists', 422],
      ['phone_exists', 422],
      ['validation_failed', 400],
      ['validation_failed', 400],
    ]);
  });

  test('merges app_metadata key by key; a null takes the key away', async () => {
    const { user, email } = await createUser({ app_metadata: { role: 'admin', plan: 'pro' } });
    const { data } = await admin().updateUserById(user.id, {
      app_metadata: { plan: null, seats: 3 },
    });
    const expected = { provider: 'email', providers: ['email'], role: 'admin', seats: 3 };
    expect(data.user?.app_metadata).toEqual(expected);
    const { session } = await signIn(stand, email);
    expect(session.user.app_metadata).toEqual(expected);
  });

  test('sets a password, which ends every session of the user', async () => {
    const { user, email } = await createUser();
    const { session } = await signIn(stand, email);
    const weak = await admin().updateUserById(user.id, { password: 'short' });
    expect(weak.error?.code).toBe('weak_password');
    await admin().updateUserById(user.id, { password: 'another long password' });
    const { error } = await stand.client().auth.getUser(session.access_token);
    expect(error?.name).toBe('AuthSessionMissingError');
  });

  test('confirms an address', async () => {
    const { user, email } = await createUser({ email_confirm: false });
    expect(user.email_confirmed_at).toBeUndefined();
    await admin().updateUserById(user.id, { email_confirm: true });
    await signIn(stand, email);
  });

  test('lists users page by page, newest first', async () => {
    const quiet = await openStand();
    try {
      const { admin: list } = quiet.admin().auth;
      const none = await list.listUsers();
      expect(none.data).toMatchObject({ users: [], total: 0, nextPage: null });
      for (let count = 0; count < 5; count += 1) {
        await list.createUser({ email: `user-${count}@example.com` });
      }
      const first = await list.listUsers({ page: 1, perPage: 2 });
      expect(first.data).toMatchObject({
        total: 5,
        nextPage: 2,
        lastPage: 3,
        aud: 'authenticated',
      });
      const last = await list.listUsers({ page: 3, perPage: 2 });
      expect(last.data).toMatchObject({ total: 5, nextPage: null, lastPage: 3 });
      const pages = [first, await list.listUsers({ page: 2, perPage: 2 }), last];
      expect(pages.flatMap(({ data }) => data.users.map(({ email }) => email))).toEqual(
        [4, 3, 2, 1, 0].map((count) => `user-${count}@example.com`),
      );
    } finally {
      await quiet.close();
    }
  });

  test('is told when a user does not exist', async () => {
    const refusals = await Promise.all([
      admin().getUserById(randomUUID()),
      admin().updateUserById(randomUUID(), { email_confirm: true }),
      admin().deleteUser(randomUUID()),
    ]);
    for (const { error } of refusals) {
      expect(error).toMatchObject({ code: 'user_not_found', status: 404 });
    }
  });
});

describe('a ban', () => {
  test('refuses sign-in, refresh and the live token, until it is lifted', async () => {
    const { client, email, session, user } = await signUp(stand);
    const banned = await admin().updateUserById(user.id, { ban_duration: '24h' });
    const hours = (Date.parse(present(banned.data.user?.banned_until)) - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(24, 1);

    const signInError = (await stand.client().auth.signInWithPassword({ email, password })).error;
    expect(signInError).toMatchObject({ code: 'user_banned', status: 400 });
    const refresh = () => client.auth.refreshSession({ refresh_token: session.refresh_token });
    expect((await refresh()).error).toMatchObject({ code: 'user_banned', status: 400 });
    const live = await stand.client().auth.getUser(session.access_token);
    expect(live.error).toMatchObject({ code: 'user_banned', status: 403 });

    await admin().updateUserById(user.id, { ban_duration: 'none' });
    await signIn(stand, email);
    expect((await refreshAnew(session.refresh_token)).error).toBeNull();
  });

  /** A client caches a refused refresh, so this one is new. */
  const refreshAnew = (refresh_token: string) =>
    stand.client().auth.refreshSession({ refresh_token });

  test.each([
    ['1h30m', 1.5],
    ['90s', 0.025],
    ['876000h', 876_000],
  ])('reads %s as Go does', async (ban_duration, hours) => {
    const { user } = await createUser({ ban_duration });
    const until = Date.parse(present(user.banned_until));
    expect((until - Date.now()) / 3_600_000).toBeCloseTo(hours, 1);
  });

  test.each(['1d', 'forever', '24', '9999999999h'])('refuses %s', async (ban_duration) => {
    const { user } = await createUser();
    const { error } = await admin().updateUserById(user.id, { ban_duration });
    expect(error).toMatchObject({ code: 'validation_failed', status: 400 });
  });
});

describe('deleting a user', () => {
  test('takes the sessions along and frees the address', async () => {
    const { email, session, user } = await signUp(stand);
    expect((await admin().deleteUser(user.id)).error).toBeNull();
    const live = await stand.client().auth.getUser(session.access_token);
    expect(live.error).toMatchObject({ code: 'user_not_found', status: 403 });
    expect((await admin().getUserById(user.id)).error?.code).toBe('user_not_found');
    expect((await signUp(stand, email)).user.id).not.toBe(user.id);
  });

  test('softly keeps the row without the address, and frees the address', async () => {
    const { email, session, user } = await signUp(stand);
    expect((await admin().deleteUser(user.id, true)).error).toBeNull();
    const live = await stand.client().auth.getUser(session.access_token);
    expect(live.error?.name).toBe('AuthSessionMissingError');
    const signInError = (await stand.client().auth.signInWithPassword({ email, password })).error;
    expect(signInError?.code).toBe('invalid_credentials');

    const { rows } = await stand.db.query<{ row: string }>(
      `select u::text || coalesce(string_agg(i::text, ''), '') as row
       from auth.users u left join auth.identities i on i.user_id = u.id
       where u.id = $1 and u.deleted_at is not null group by u.*`,
      [user.id],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(email);
    expect((await signUp(stand, email)).user.id).not.toBe(user.id);
  });
});

describe('admin endpoints', () => {
  test('refuse the anon key and every user', async () => {
    const anon = await stand.client().auth.admin.listUsers();
    expect(anon.error).toMatchObject({ code: 'not_admin', status: 403 });
    const { session } = await signUp(stand);
    for (const key of [stand.issuer.anonKey, stand.issuer.serviceRoleKey]) {
      const response = await fetch(`${stand.issuer.url}/auth/v1/admin/users`, {
        headers: { apikey: key, authorization: `Bearer ${session.access_token}` },
      });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 403, error_code: 'not_admin' });
    }
  });

  test('take the service-role key as apikey alone or as bearer token, and nothing beside it', async () => {
    const { anonKey, serviceRoleKey, url } = stand.issuer;
    const answerTo = async (headers: Record<string, string>) => {
      const response = await fetch(`${url}/auth/v1/admin/users`, { headers });
      const { error_code: code } = (await response.json()) as { error_code?: string };
      return [response.status, code];
    };
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    expect(await answerTo({ apikey: serviceRoleKey })).toEqual([200, undefined]);
    expect(await answerTo({ apikey: anonKey, ...bearer(serviceRoleKey) })).toEqual([
      200,
      undefined,
    ]);
    expect(await answerTo({ apikey: anonKey })).toEqual([401, 'no_authorization']);
    expect(await answerTo({ apikey: anonKey, ...bearer(anonKey) })).toEqual([403, 'not_admin']);
    expect(await answerTo({ apikey: serviceRoleKey, ...bearer('x.y.z') })).toEqual([
      403,
      'bad_jwt',
    ]);
  });
});
