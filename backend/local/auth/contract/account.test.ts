import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freshEmail, openStand, password, present, signIn, signUp } from './stand.ts';
import type { Stand } from './stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await openStand();
});
afterAll(() => stand.close());

describe('signing up', () => {
  test('makes a confirmed user and signs it in at once', async () => {
    const email = freshEmail();
    const { data, error } = await stand
      .client()
      .auth.signUp({ email: email.toUpperCase(), password, options: { data: { name: 'Ada' } } });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({
      email,
      aud: 'authenticated',
      role: 'authenticated',
      is_anonymous: false,
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: { name: 'Ada', email, email_verified: true },
      identities: [{ provider: 'email', user_id: data.user?.id, identity_data: { email } }],
    });
    expect(data.user?.email_confirmed_at).toBeDefined();
    expect(data.session).toMatchObject({ token_type: 'bearer', expires_in: 3600 });
  });

  test('refuses an address that is taken, however it is written', async () => {
    const { email } = await signUp(stand);
    const { data, error } = await stand
      .client()
      .auth.signUp({ email: email.toUpperCase(), password });
    expect(error).toMatchObject({ code: 'user_already_exists', status: 422 });
    expect(data.user).toBeNull();
  });

  test('lets one of several sign-ups at once have the address', async () => {
    const email = freshEmail();
    const results = await Promise.all(
      [1, 2, 3].map(() => stand.client().auth.signUp({ email, password })),
    );
    const codes = results.map(({ error }) => error?.code);
    expect(codes.sort()).toEqual(['user_already_exists', 'user_already_exists', undefined]);
  });

  test('refuses a weak password and says why', async () => {
    const { error } = await stand.client().auth.signUp({ email: freshEmail(), password: 'short' });
    expect(error).toMatchObject({ code: 'weak_password', status: 422, reasons: ['length'] });
  });

  test.each([
    ['an address without a domain', { email: 'nobody', password }, 'validation_failed', 400],
    [
      'an address no mail can reach',
      { email: 'a@b.invalid', password },
      'email_address_invalid',
      400,
    ],
    ['no password', { email: 'a@example.com', password: '' }, 'validation_failed', 400],
    [
      'a password bcrypt would cut',
      { email: 'a@example.com', password: 'x'.repeat(73) },
      'validation_failed',
      400,
    ],
    ['a phone number', { phone: '+15550100', password }, 'phone_provider_disabled', 400],
  ])('refuses %s', async (_what, credentials, code, status) => {
    const { error } = await stand.client().auth.signUp(credentials);
    expect(error).toMatchObject({ code, status });
  });

  test('keeps the password as a bcrypt hash of the form GoTrue writes', async () => {
    const { user } = await signUp(stand);
    const { rows } = await stand.db.query<{ encrypted_password: string }>(
      'select encrypted_password from auth.users where id = $1',
      [user.id],
    );
    expect(rows[0]?.encrypted_password).toMatch(/^\$2a\$10\$[./A-Za-z0-9]{53}$/);
  });

  test('makes an anonymous user that becomes a permanent one with an address', async () => {
    const client = stand.client();
    const { data, error } = await client.auth.signInAnonymously();
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ is_anonymous: true, email: '', identities: [] });
    const claims = await client.auth.getClaims();
    expect(claims.data?.claims).toMatchObject({
      is_anonymous: true,
      amr: [{ method: 'anonymous' }],
    });

    const early = await client.auth.updateUser({ password });
    expect(early.error).toMatchObject({ code: 'validation_failed', status: 422 });

    const email = freshEmail();
    const changed = await client.auth.updateUser({ email, password });
    expect(changed.data.user).toMatchObject({ id: data.user?.id, email, is_anonymous: false });
    const { session } = await signIn(stand, email);
    expect(session.user.id).toBe(data.user?.id);
  });
});

describe('signing in', () => {
  test('refuses a wrong password and an unknown address alike', async () => {
    const { email } = await signUp(stand);
    const attempts = [
      { email, password: 'wrong password' },
      { email: freshEmail(), password },
    ];
    for (const credentials of attempts) {
      const { error } = await stand.client().auth.signInWithPassword(credentials);
      expect(error).toMatchObject({
        code: 'invalid_credentials',
        status: 400,
        message: 'Invalid login credentials',
      });
    }
  });

  test('works as hard on an unknown address as on a wrong password', async () => {
    const { email } = await signUp(stand);
    // Processor time, not time: the emulator runs in this process, and other programs are at work.
    const cheapest = async (address: string) => {
      const costs: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const start = process.cpuUsage();
        await stand.client().auth.signInWithPassword({ email: address, password: 'wrong' });
        costs.push(process.cpuUsage(start).user);
      }
      return Math.min(...costs);
    };
    const [known, unknown] = [await cheapest(email), await cheapest(freshEmail())];
    expect(unknown).toBeGreaterThan(known / 2);
  });

  test('refuses a user whose address is not confirmed', async () => {
    const email = freshEmail();
    await stand.admin().auth.admin.createUser({ email, password });
    const { error } = await stand.client().auth.signInWithPassword({ email, password });
    expect(error).toMatchObject({ code: 'email_not_confirmed', status: 400 });
  });
});

describe('the own user', () => {
  test('is read and changed with its access token', async () => {
    const { client, user } = await signUp(stand);
    await client.auth.updateUser({ data: { name: 'Ada', town: 'London' } });
    await client.auth.updateUser({ data: { town: null } });
    const { data, error } = await client.auth.getUser();
    expect(error).toBeNull();
    expect(data.user?.id).toBe(user.id);
    expect(data.user?.user_metadata).toMatchObject({ name: 'Ada' });
    expect(data.user?.user_metadata).not.toHaveProperty('town');
  });

  test('takes a new address at once, but not one that is taken', async () => {
    const [ada, bob] = [await signUp(stand), await signUp(stand)];
    const refused = await ada.client.auth.updateUser({ email: bob.email });
    expect(refused.error).toMatchObject({ code: 'email_exists', status: 422 });

    const email = freshEmail();
    const changed = await ada.client.auth.updateUser({ email });
    expect(changed.data.user).toMatchObject({ email, identities: [{ identity_data: { email } }] });
    await signIn(stand, email);
  });

  test('changes its password, which ends its other sessions', async () => {
    const { client, email, session } = await signUp(stand);
    const other = await signIn(stand, email);
    const same = await client.auth.updateUser({ password });
    expect(same.error).toMatchObject({ code: 'same_password', status: 422 });
    const weak = await client.auth.updateUser({ password: 'short' });
    expect(weak.error).toMatchObject({ code: 'weak_password', status: 422 });

    const changed = await client.auth.updateUser({ password: 'another long password' });
    expect(changed.error).toBeNull();
    const refused = await stand.client().auth.signInWithPassword({ email, password });
    expect(refused.error?.code).toBe('invalid_credentials');
    expect((await client.auth.getUser(session.access_token)).error).toBeNull();
    const ended = await client.auth.getUser(other.session.access_token);
    expect(ended.error?.name).toBe('AuthSessionMissingError');
  });

  test('cannot give itself a role', async () => {
    const { session } = await signUp(stand);
    const response = await fetch(`${stand.issuer.url}/auth/v1/user`, {
      method: 'PUT',
      headers: { apikey: stand.issuer.anonKey, authorization: `Bearer ${session.access_token}` },
      body: JSON.stringify({ app_metadata: { role: 'admin' } }),
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error_code: 'not_admin' });
    const { data } = await stand.admin().auth.admin.getUserById(session.user.id);
    expect(present(data.user).app_metadata).toEqual({ provider: 'email', providers: ['email'] });
  });
});
