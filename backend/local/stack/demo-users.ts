import type { StackUser } from './stack-file.ts';

interface Gateway {
  supabaseUrl: string;
  anonKey: string;
  serviceRoleKey: string;
}

async function call(url: string, key: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { apikey: key, authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Creates the user unless a former start did. */
export async function ensureUser(gateway: Gateway, user: StackUser, role?: string): Promise<void> {
  const response = await call(
    `${gateway.supabaseUrl}/auth/v1/admin/users`,
    gateway.serviceRoleKey,
    {
      ...user,
      email_confirm: true,
      ...(role === undefined ? {} : { app_metadata: { role } }),
    },
  );
  if (response.ok) return;
  const { error_code: code } = (await response.json()) as { error_code?: string };
  if (code !== 'email_exists')
    throw new Error(`The user ${user.email} could not be created (${code ?? response.status}).`);
}

/** A fresh access token. */
export async function signIn(gateway: Gateway, user: StackUser): Promise<string> {
  const url = `${gateway.supabaseUrl}/auth/v1/token?grant_type=password`;
  const response = await call(url, gateway.anonKey, user);
  const body = (await response.json()) as { access_token?: string; error_code?: string };
  if (body.access_token === undefined) {
    throw new Error(
      `Sign-in of ${user.email} was refused (${body.error_code ?? response.status}).`,
    );
  }
  return body.access_token;
}
