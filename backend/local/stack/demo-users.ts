import type { StackFile, StackUser } from './stack-file.ts';

type Gateway = Pick<StackFile, 'supabaseUrl' | 'anonKey' | 'serviceRoleKey'>;

interface Answer {
  ok: boolean;
  /** GoTrue's error code or, without one, the status. */
  code: string;
  body: Record<string, unknown>;
}

async function call(
  { supabaseUrl }: Gateway,
  key: string,
  [method, path]: [method: string, path: string],
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`${supabaseUrl}/auth/v1/${path}`, {
    method,
    headers: { apikey: key, authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return {
    ok: response.ok,
    code: typeof answer.error_code === 'string' ? answer.error_code : String(response.status),
    body: answer,
  };
}

/** Creates the user, or sees to it that the one of a former start can still sign in with this password. */
export async function ensureUser(gateway: Gateway, user: StackUser, role?: string): Promise<void> {
  const wanted = {
    ...user,
    email_confirm: true,
    ...(role === undefined ? {} : { app_metadata: { role } }),
  };
  const key = gateway.serviceRoleKey;
  let answer = await call(gateway, key, ['POST', 'admin/users'], wanted);
  if (answer.code === 'email_exists') {
    if ((await requestToken(gateway, user)).ok) return;
    const id = await findUser(gateway, user.email);
    answer = await call(gateway, key, ['PUT', `admin/users/${id}`], {
      ...wanted,
      ban_duration: 'none',
    });
  }
  if (!answer.ok) throw new Error(`${user.email} could not be set up (${answer.code}).`);
}

async function findUser(gateway: Gateway, email: string): Promise<string> {
  for (let page = 1; ; page += 1) {
    const path = `admin/users?page=${page}&per_page=1000`;
    const { body } = await call(gateway, gateway.serviceRoleKey, ['GET', path]);
    const users = (body.users ?? []) as { id: string; email: string | null }[];
    const found = users.find((user) => user.email === email);
    if (found) return found.id;
    if (users.length === 0) throw new Error(`${email} exists and is not listed.`);
  }
}

const requestToken = (gateway: Gateway, user: StackUser): Promise<Answer> =>
  call(gateway, gateway.anonKey, ['POST', 'token?grant_type=password'], user);

/** A fresh access token. */
export async function signIn(gateway: Gateway, user: StackUser): Promise<string> {
  const { body, code } = await requestToken(gateway, user);
  if (typeof body.access_token === 'string') return body.access_token;
  throw new Error(`Sign-in of ${user.email} was refused (${code}).`);
}
