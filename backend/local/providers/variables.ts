import { providers } from './all.ts';

/** Of the sandbox's variables those of providers that have no key and no address of their own. */
export function variablesFor(
  offered: Readonly<Record<string, string>>,
  given: ReadonlySet<string>,
): Record<string, string> {
  const own = providers.flatMap(({ variables: { key, baseUrl } }) =>
    [key, `${key}_FILE`, baseUrl].some((name) => given.has(name)) ? [key, baseUrl] : [],
  );
  return Object.fromEntries(Object.entries(offered).filter(([name]) => !own.includes(name)));
}
