import type { Fault } from './fault.ts';

/**
 * For what is configured as a whole or not at all: each of `needed` that is missing, though another one of them is set, or one
 * of `beside`, which may be left out.
 */
export function allOrNone<Name extends string>(
  values: Readonly<Partial<Record<NoInfer<Name>, unknown>>>,
  needed: readonly Name[],
  beside: readonly Name[] = [],
): Fault[] {
  const set = [...needed, ...beside].find((name) => values[name] !== undefined);
  if (set === undefined) return [];
  return needed
    .filter((name) => values[name] === undefined)
    .map((variable) => ({
      variable,
      problem: `is missing, though ${set} is set`,
      remedy: `Set it, or remove ${set}`,
    }));
}
