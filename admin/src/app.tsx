import type { ConsoleConfig } from './config.ts';
import { isAdmin, type Supabase } from './session/client.ts';
import { NotAdmin } from './session/not-admin.tsx';
import { SignIn } from './session/sign-in.tsx';
import { useSession } from './session/use-session.ts';

/** Whoever is there: nobody signs in, an admin sees the console, anybody else why not. */
export function App({ supabase, config }: { supabase: Supabase; config: ConsoleConfig }) {
  const session = useSession(supabase);
  const signOut = () => void supabase.auth.signOut({ scope: 'local' });

  if (session === undefined) return <p className="sr-only">Loading</p>;
  if (session === null) return <SignIn supabase={supabase} />;
  const email = session.user.email ?? session.user.id;
  if (!isAdmin(session)) return <NotAdmin email={email} signOut={signOut} />;
  return <p>Signed in at {config.apiUrl}</p>;
}
