import { createClient, type Session, type SupabaseClient } from '@supabase/supabase-js';
import type { ConsoleConfig } from '../config.ts';

export type { Session };
/** Signing in is all that the page asks Supabase for. */
export type Supabase = Pick<SupabaseClient, 'auth'>;

/** Keeps the session in the browser and renews its token before it ends. */
export function createSupabase({ supabaseUrl, anonKey }: ConsoleConfig): Supabase {
  const { auth } = createClient(supabaseUrl, anonKey, {
    auth: { storageKey: 'bulwark-console', detectSessionInUrl: false },
  });
  return { auth };
}

/** Whom the server counts as an admin; it decides by itself, this is for what to show. */
export const isAdmin = ({ user }: Session): boolean => user.app_metadata.role === 'admin';
