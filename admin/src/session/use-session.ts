import { useEffect, useState } from 'react';
import type { Session, Supabase } from './client.ts';

/** Undefined until it is known, null for nobody. */
export function useSession(supabase: Supabase): Session | null | undefined {
  const [session, setSession] = useState<Session | null>();
  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((_event, next) => {
      setSession(next);
    });
    return () => {
      data.subscription.unsubscribe();
    };
  }, [supabase]);
  return session;
}
