import { createContext, use, useEffect, useLayoutEffect, useMemo, useState } from 'react';

export type Shade = 'light' | 'dark';

export interface Theme {
  /** What is seen now. */
  readonly shown: Shade;
  readonly toggle: () => void;
}

const key = 'bulwark-console-theme';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

function wanted(): Shade {
  const chosen = localStorage.getItem(key);
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return prefersDark.matches ? 'dark' : 'light';
}

/** As the person chose, else as the system has it; the choice is kept in the browser. */
export function useThemeChoice(): Theme {
  const [shown, setShown] = useState(wanted);
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = shown;
  }, [shown]);
  useEffect(() => {
    const follow = () => {
      setShown(wanted());
    };
    prefersDark.addEventListener('change', follow);
    return () => {
      prefersDark.removeEventListener('change', follow);
    };
  }, []);
  return useMemo(
    () => ({
      shown,
      toggle: () => {
        const next = shown === 'dark' ? 'light' : 'dark';
        localStorage.setItem(key, next);
        setShown(next);
      },
    }),
    [shown],
  );
}

export const ThemeContext = createContext<Theme>({ shown: 'light', toggle: () => undefined });
export const useTheme = (): Theme => use(ThemeContext);
