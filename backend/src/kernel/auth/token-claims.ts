import type { Claims, Role } from './caller.ts';
import { isRecord } from './strict-json.ts';
import { invalidToken } from './token-header.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** The last second that a JavaScript Date can hold. */
const lastSecond = 8_640_000_000_000;

/**
 * What we use of a verified payload. Refuses with TOKEN_INVALID a claim of another type than Supabase gives it, and a token
 * that is no user's access token, such as a project key. The result is frozen throughout, because it is shared between requests.
 */
export function claimsOf(payload: Record<string, unknown>): Claims {
  const { sub, exp, iat, email } = payload;
  if (payload.role !== 'authenticated') throw invalidToken('claim role');
  if (typeof sub !== 'string' || !uuid.test(sub)) throw invalidToken('claim sub');
  if (!isTime(exp)) throw invalidToken('claim exp');
  if (iat !== undefined && !isTime(iat)) throw invalidToken('claim iat');
  if (email !== undefined && typeof email !== 'string') throw invalidToken('claim email');
  return deepFreeze({
    sub: sub.toLowerCase(),
    exp,
    expiresAt: new Date(exp * 1_000).toISOString(),
    iat,
    sessionId: sessionIdOf(payload),
    // A phone user's email is the empty string.
    email: email === '' ? undefined : email,
    isAnonymous: isAnonymous(payload),
    role: roleOf(payload),
    payload,
  });
}

/** From `app_metadata`, which only the project's own keys can write; users write `user_metadata` themselves. */
function roleOf({ app_metadata: metadata }: Record<string, unknown>): Role {
  const role = isRecord(metadata) ? metadata.role : undefined;
  return role === 'admin' || role === 'service' ? role : 'user';
}

function sessionIdOf({ session_id: id }: Record<string, unknown>): string | undefined {
  if (id === undefined) return undefined;
  if (typeof id !== 'string' || !uuid.test(id)) throw invalidToken('claim session_id');
  return id.toLowerCase();
}

function isAnonymous({ is_anonymous: value = false }: Record<string, unknown>): boolean {
  if (typeof value !== 'boolean') throw invalidToken('claim is_anonymous');
  return value;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= lastSecond;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
