import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clientOf, openStand, present, signIn, signUp, together } from './stand.ts';
import type { Stand } from './stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await openStand();
});
afterAll(() => stand.close());

async function refreshWith(stand: Stand, refreshToken: string, url = stand.issuer.url) {
  const client = clientOf(url, stand.issuer.anonKey);
  return client.auth.refreshSession({ refresh_token: refreshToken });
}

function refreshTogether(userId: string, refreshToken: string, url = stand.issuer.url) {
  const text = 'select from auth.sessions where user_id = $1 for update';
  const refresh = () => refreshWith(stand, refreshToken, url);
  return together(stand, { text, values: [userId] }, 4, refresh);
}

/** Undefined while the session of the access token is alive. */
async function whyRefused(accessToken: string): Promise<string | undefined> {
  const { error } = await stand.client().auth.getUser(accessToken);
  return error?.name;
}

const ended = 'AuthSessionMissingError';

describe('refreshing', () => {
  test('swaps the refresh token and keeps the session', async () => {
    const { session, client } = await signUp(stand);
    const before = await client.auth.getClaims(session.access_token);
    const { data, error } = await refreshWith(stand, session.refresh_token);
    expect(error).toBeNull();
    expect(data.session?.refresh_token).not.toBe(session.refresh_token);
    const after = await client.auth.getClaims(present(data.session).access_token);
    expect(after.data?.claims.session_id).toBe(before.data?.claims.session_id);
    const { rows } = await stand.db.query<{ revoked: boolean; is_child: boolean }>(
      `select revoked, parent = $2 as is_child from auth.refresh_tokens
       where session_id = $1 order by id`,
      [before.data?.claims.session_id, session.refresh_token],
    );
    expect(rows).toEqual([
      { revoked: true, is_child: null },
      { revoked: false, is_child: true },
    ]);
  });

  test('refuses a reused token and ends the whole session', async () => {
    const { session } = await signUp(stand);
    const next = present((await refreshWith(stand, session.refresh_token)).data.session);
    const reuse = await refreshWith(stand, session.refresh_token);
    expect(reuse.error).toMatchObject({ code: 'refresh_token_already_used', status: 400 });
    expect(reuse.data.session).toBeNull();

    const stolen = await refreshWith(stand, next.refresh_token);
    expect(stolen.error).toMatchObject({ code: 'refresh_token_not_found', status: 400 });
    expect(await whyRefused(next.access_token)).toBe(ended);
  });

  test('leaves the user’s other sessions alone when one token is reused', async () => {
    const { session, email } = await signUp(stand);
    const other = await signIn(stand, email);
    await refreshWith(stand, session.refresh_token);
    await refreshWith(stand, session.refresh_token);
    expect(await whyRefused(other.session.access_token)).toBeUndefined();
    expect((await refreshWith(stand, other.session.refresh_token)).error).toBeNull();
  });

  test('grants a token once to many who bring it at the same time', async () => {
    const { session, user } = await signUp(stand);
    const results = await refreshTogether(user.id, session.refresh_token);
    expect(results.filter(({ error }) => error === null)).toHaveLength(1);
    expect(await whyRefused(session.access_token)).toBe(ended);
  });

  test('gives everyone the same token within a reuse interval, and nobody after it', async () => {
    const patient = await stand.startAnother({ refreshReuseIntervalSeconds: 10 });
    const { session, user } = await signUp(stand);
    const results = await refreshTogether(user.id, session.refresh_token, patient.url);
    const granted = new Set(results.map(({ data }) => data.session?.refresh_token));
    expect(granted.size).toBe(1);
    expect(granted).not.toContain(session.refresh_token);
    expect(granted).not.toContain(undefined);

    await stand.db.query(
      `update auth.refresh_tokens set updated_at = updated_at - interval '11 s' where token = $1`,
      [session.refresh_token],
    );
    const late = await refreshWith(stand, session.refresh_token, patient.url);
    expect(late.error?.code).toBe('refresh_token_already_used');
    expect(await whyRefused(session.access_token)).toBe(ended);
  });

  test('refuses a token that was never given out', async () => {
    const { error } = await refreshWith(stand, 'never-given-out');
    expect(error).toMatchObject({ code: 'refresh_token_not_found', status: 400 });
  });

  test('refuses a session past its end', async () => {
    const { session, user } = await signUp(stand);
    await stand.db.query(
      `update auth.sessions set not_after = now() - interval '1 s' where user_id = $1`,
      [user.id],
    );
    const { error } = await refreshWith(stand, session.refresh_token);
    expect(error).toMatchObject({ code: 'session_expired', status: 400 });
  });
});

describe('signing out', () => {
  async function threeSessions() {
    const first = await signUp(stand);
    const [second, third] = [await signIn(stand, first.email), await signIn(stand, first.email)];
    const whichEnded = () =>
      Promise.all(
        [first, second, third].map(
          async ({ session }) => (await whyRefused(session.access_token)) === ended,
        ),
      );
    return { client: first.client, session: first.session, whichEnded };
  }

  test.each([
    ['local', [true, false, false]],
    ['others', [false, true, true]],
    ['global', [true, true, true]],
  ] as const)('with scope %s ends the right sessions', async (scope, expected) => {
    const { client, session, whichEnded } = await threeSessions();
    expect(await whichEnded()).toEqual([false, false, false]);
    const { error } = await client.auth.signOut({ scope });
    expect(error).toBeNull();
    expect(await whichEnded()).toEqual(expected);
    const refresh = await refreshWith(stand, session.refresh_token);
    expect(refresh.error?.code).toBe(expected[0] ? 'refresh_token_not_found' : undefined);
  });

  test('works for an admin with the user’s token', async () => {
    const { session, whichEnded } = await threeSessions();
    const { error } = await stand.admin().auth.admin.signOut(session.access_token, 'global');
    expect(error).toBeNull();
    expect(await whichEnded()).toEqual([true, true, true]);
  });
});
