import { providers } from './all.ts';

/** Of the sandbox's variables those of providers that have no key and no address of their own. */
export function variablesFor(
  offered: Readonly<Record<string, string>>,
  given: ReadonlySet<string>,
): Record<string, string> {
  const own = providers.flatMap(({ variables, settings = {} }) => {
    const names: string[] = Object.values(variables);
    const isOwn = [...names, `${variables.key}_FILE`].some((name) => given.has(name));
    return isOwn ? [...names, ...Object.keys(settings)] : [];
  });
  return Object.fromEntries(
    Object.entries(offered).filter(([name]) => !own.includes(name) && !given.has(name)),
  );
}
