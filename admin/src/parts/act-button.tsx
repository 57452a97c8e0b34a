import { useState, type ComponentProps } from 'react';
import { Button } from './button.tsx';

type ActButtonProps = Omit<ComponentProps<typeof Button>, 'onClick' | 'busy'> & {
  /** Says itself what goes wrong. */
  act: () => Promise<unknown>;
};

/** Busy for as long as what it does takes. */
export function ActButton({ act, ...rest }: ActButtonProps) {
  const [busy, setBusy] = useState(false);
  const go = async (): Promise<void> => {
    setBusy(true);
    try {
      await act();
    } catch {
      // said already
    } finally {
      setBusy(false);
    }
  };
  return <Button {...rest} busy={busy} onClick={() => void go()} />;
}
