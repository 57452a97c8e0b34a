import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import type { AuthIssuer } from '../../local/auth/issuer.ts';

export interface TestUser {
  userId: string;
  email: string;
  password: string;
  accessToken: string;
  refreshToken: string;
  sessionId: string;
}

/** A user by an unmodified supabase-js: signed up, given a role where asked, and signed in. */
export async function signUp(issuer: AuthIssuer, role?: string): Promise<TestUser> {
  const client = createClient(issuer.url, issuer.anonKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const credentials = { email: `${randomUUID()}@example.test`, password: `Pw-${randomUUID()}` };
  let { data, error } = await client.auth.signUp(credentials);
  if (role !== undefined && data.user) {
    const admin = createClient(issuer.url, issuer.serviceRoleKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    await admin.auth.admin.updateUserById(data.user.id, { app_metadata: { role } });
    // The role is in the token, so it takes a new one.
    ({ data, error } = await client.auth.signInWithPassword(credentials));
  }
  if (error || !data.session || !data.user) throw error ?? new Error('No session');
  const { access_token: accessToken, refresh_token: refreshToken } = data.session;
  const claims = JSON.parse(
    Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString('utf8'),
  ) as { session_id: string };
  return {
    ...credentials,
    userId: data.user.id,
    accessToken,
    refreshToken,
    sessionId: claims.session_id,
  };
}
