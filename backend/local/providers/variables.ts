import { providers } from './all.ts';
import type { SandboxProvider } from './provider.ts';

/** Of the sandbox's variables those of providers that have no key and no address of their own. */
export function variablesFor(
  offered: Readonly<Record<string, string>>,
  given: ReadonlySet<string>,
): Record<string, string> {
  const isOwn = ({ variables }: SandboxProvider): boolean =>
    [...Object.values(variables), `${variables.key}_FILE`].some((name) => given.has(name));
  // What several need stays while one of them does.
  const needed = new Set(providers.filter((one) => !isOwn(one)).flatMap(namesOf));
  const own = new Set(providers.filter(isOwn).flatMap(namesOf));
  return Object.fromEntries(
    Object.entries(offered).filter(
      ([name]) => (!own.has(name) || needed.has(name)) && !given.has(name),
    ),
  );
}

const namesOf = ({ variables, settings = {}, laterSettings = [] }: SandboxProvider): string[] => [
  ...Object.values(variables),
  ...Object.keys(settings),
  ...laterSettings,
];
