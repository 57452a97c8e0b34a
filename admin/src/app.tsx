import type { ConsoleConfig } from './config.ts';
import { isAdmin, type Supabase } from './session/client.ts';
import { NotAdmin } from './session/not-admin.tsx';
import { SignIn } from './session/sign-in.tsx';
import { useSession } from './session/use-session.ts';
import { Console } from './shell/console.tsx';
import { ThemeContext, useThemeChoice } from './shell/theme.ts';

interface AppProps {
  supabase: Supabase;
  config: ConsoleConfig;
}

export function App(props: AppProps) {
  return (
    <ThemeContext value={useThemeChoice()}>
      <Visitor {...props} />
    </ThemeContext>
  );
}

/** Nobody signs in, an admin sees the console, anybody else why not. */
function Visitor({ supabase, config }: AppProps) {
  const session = useSession(supabase);
  const signOut = () => void supabase.auth.signOut({ scope: 'local' });

  if (session === undefined) return <p className="sr-only">Loading</p>;
  if (session === null) return <SignIn supabase={supabase} />;
  const { user } = session;
  const email = user.email ?? user.id;
  if (!isAdmin(session)) return <NotAdmin email={email} signOut={signOut} />;
  // Another person gets another console: nothing of what the first one saw stays.
  return (
    <Console key={user.id} supabase={supabase} config={config} email={email} signOut={signOut} />
  );
}
