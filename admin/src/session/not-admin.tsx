import { Button } from '../parts/button.tsx';
import { Gate } from './gate.tsx';

/** For who is signed in and may not be here. */
export function NotAdmin({ email, signOut }: { email: string; signOut: () => void }) {
  return (
    <Gate
      title="This account is not an admin"
      lead={`${email} is signed in, and the console is for the role admin only. An admin of the Supabase project gives the role; then sign in anew.`}
    >
      <Button onClick={signOut}>Sign out</Button>
    </Gate>
  );
}
