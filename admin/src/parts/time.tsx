import { useEffect, useState } from 'react';
import { fullTime, span } from './format.ts';

/** The time, renewed every few seconds. */
export function useNow(everyMs = 5_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [everyMs]);
  return now;
}

/** `3 min ago` or `in 40 s`; the exact moment on hovering. */
export function Ago({ at }: { at: string | null }) {
  const now = useNow();
  if (at === null) return <>–</>;
  const seconds = (now - Date.parse(at)) / 1_000;
  return (
    <time dateTime={at} title={fullTime(at)}>
      {Math.abs(seconds) < 5
        ? 'now'
        : seconds > 0
          ? `${span(seconds)} ago`
          : `in ${span(-seconds)}`}
    </time>
  );
}
