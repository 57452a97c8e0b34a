import { useMemo } from 'react';
import { useSearchParams } from 'react-router';

/** A filter that is in the address, so that it can be sent to a colleague and the way back leads to it. */
export function useSearchFilter<K extends string>(
  names: readonly K[],
): [
  Partial<Record<K, string>>,
  (change: Readonly<Partial<Record<K, string | undefined>>>) => void,
] {
  const [params, setParams] = useSearchParams();
  const key = params.toString();
  const filter = useMemo(() => {
    const given = new URLSearchParams(key);
    return Object.fromEntries(
      names.flatMap((name) => {
        const value = given.get(name) ?? '';
        return value === '' ? [] : [[name, value]];
      }),
    ) as Partial<Record<K, string>>;
  }, [key, names]);
  const change = (wanted: Readonly<Partial<Record<K, string | undefined>>>) => {
    const next = Object.entries<string | undefined>({ ...filter, ...wanted }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    );
    setParams(next, { replace: true });
  };
  return [filter, change];
}

/** What a form's field holds, without the space around it. */
export function textOf(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value.trim() : '';
}
