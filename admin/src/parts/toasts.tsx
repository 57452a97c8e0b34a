import { createContext, use, useCallback, useRef, useState, type ReactNode } from 'react';
import { inWords } from './format.ts';
import { Status } from './status.tsx';

interface Toast {
  id: number;
  tone: 'good' | 'bad';
  text: string;
}

interface Say {
  done: (text: string) => void;
  /** What was tried, and what was thrown. */
  failed: (what: string, error: unknown) => void;
}

const SayContext = createContext<Say | undefined>(undefined);
const goodMs = 5_000;
const badMs = 12_000;

/** What came of an action: shown in the corner, and read out. */
export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const last = useRef(0);
  const show = useCallback((tone: Toast['tone'], text: string) => {
    const id = (last.current += 1);
    setToasts((now) => [...now.slice(-2), { id, tone, text }]);
    setTimeout(
      () => {
        setToasts((now) => now.filter((toast) => toast.id !== id));
      },
      tone === 'good' ? goodMs : badMs,
    );
  }, []);
  const [say] = useState<Say>(() => ({
    done: (text) => {
      show('good', text);
    },
    failed: (what, error) => {
      show('bad', `${what}: ${inWords(error)}`);
    },
  }));
  return (
    <SayContext value={say}>
      {children}
      <div className="toasts" role="status">
        {toasts.map(({ id, tone, text }) => (
          <div key={id} className="toast">
            <Status tone={tone}>
              <span className="sr-only">{tone === 'good' ? 'Done' : 'Failed'}</span>
            </Status>
            <span className="wrap">{text}</span>
          </div>
        ))}
      </div>
    </SayContext>
  );
}

export function useSay(): Say {
  const say = use(SayContext);
  if (say === undefined) throw new Error('useSay is for what stands within Toasts');
  return say;
}
