import { useState, type SubmitEvent } from 'react';
import { Button } from '../parts/button.tsx';
import { Field } from '../parts/field.tsx';
import { Gate } from './gate.tsx';
import type { Supabase } from './client.ts';

export function SignIn({ supabase }: { supabase: Supabase }) {
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);

  const signIn = async (form: HTMLFormElement): Promise<void> => {
    const data = new FormData(form);
    const text = (name: string): string => {
      const value = data.get(name);
      return typeof value === 'string' ? value : '';
    };
    setBusy(true);
    setFault(undefined);
    const { error } = await supabase.auth.signInWithPassword({
      email: text('email').trim(),
      password: text('password'),
    });
    setBusy(false);
    if (error) setFault(inWords(error.code, error.status));
  };
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void signIn(event.currentTarget);
  };

  return (
    <Gate title="Sign in" lead="The operations console is for admins of this server.">
      <form className="stack" onSubmit={onSubmit}>
        <Field label="Email">
          <input name="email" type="email" autoComplete="username" required autoFocus />
        </Field>
        <Field label="Password">
          <input name="password" type="password" autoComplete="current-password" required />
        </Field>
        <p className="fault" role="alert">
          {fault}
        </p>
        <Button kind="primary" type="submit" busy={busy}>
          Sign in
        </Button>
      </form>
    </Gate>
  );
}

function inWords(code: string | undefined, status: number | undefined): string {
  if (code === 'invalid_credentials') return 'Email or password is wrong.';
  if (code === 'user_banned') return 'This user is banned.';
  if (status === 429) return 'Too many attempts. Wait a minute.';
  if (status === undefined || status === 0 || status >= 500)
    return 'The sign-in service does not answer. Try again.';
  return 'Sign-in was refused.';
}
