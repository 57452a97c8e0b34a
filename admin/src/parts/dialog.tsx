import { useId, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { inWords } from './format.ts';

interface DialogProps {
  title: string;
  /** By Escape too. */
  onClose: () => void;
  children: ReactNode;
}

/** Modal while it is there: the browser keeps the focus within and gives it back. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const place = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Closed while it is still in the page: only then the browser gives the focus back.
  useLayoutEffect(() => {
    const dialog = place.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
    };
  }, []);
  return (
    <dialog
      ref={place}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="stack">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  /** What will be so afterwards, and whether it can be taken back. */
  children: ReactNode;
  /** The verb. */
  label: string;
  danger?: boolean;
  /** The dialog stays, with the reason, when it rejects. */
  act: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks before something is done that many notice or nobody can take back. */
export function Confirm({ title, children, label, danger = false, act, onClose }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const go = async (): Promise<void> => {
    setBusy(true);
    setFault('');
    try {
      await act();
      onClose();
    } catch (error) {
      setFault(inWords(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="quiet">{children}</div>
      <p className="fault" role="alert">
        {fault}
      </p>
      <div className="dialog-foot">
        <Button onClick={onClose} autoFocus={danger}>
          Cancel
        </Button>
        <Button
          kind={danger ? 'plain' : 'primary'}
          className={danger ? 'button-danger-solid' : undefined}
          busy={busy}
          autoFocus={!danger}
          onClick={() => void go()}
        >
          {label}
        </Button>
      </div>
    </Dialog>
  );
}
