import { decodeJwt } from 'jose';

export interface SupabaseKey {
  /** `undefined` for a key in a form that we do not know. */
  readonly role: string | undefined;
  /** Signed with the secret that every local Supabase has. */
  readonly isDemo: boolean;
}

/** What a Supabase API key says about itself. Nothing is verified: this is to find keys in the wrong place. */
export function readSupabaseKey(key: string): SupabaseKey {
  if (key.startsWith('sb_publishable_')) return { role: 'anon', isDemo: false };
  if (key.startsWith('sb_secret_')) return { role: 'service_role', isDemo: false };
  const payload = payloadOf(key);
  return {
    role: typeof payload['role'] === 'string' ? payload['role'] : undefined,
    isDemo: payload['iss'] === 'supabase-demo',
  };
}

function payloadOf(key: string): Record<string, unknown> {
  try {
    return decodeJwt(key);
  } catch {
    return {};
  }
}
