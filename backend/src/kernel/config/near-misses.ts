import type { Settings } from './layer.ts';
import type { Variables } from './process-environment.ts';

const minLength = 8;
const samePrefix = 3;
const maxDistance = 2;
const units = ['_MS', '_SECONDS'];

/** Variables that nobody reads but that look like a misspelling of ours. */
export function findNearMisses(settings: Settings, variables: Variables): string[] {
  const ours = new Set<string>();
  for (const [name, { alias, secret }] of settings) {
    ours.add(name);
    if (alias !== undefined) ours.add(alias);
    if (secret !== false) ours.add(`${name}_FILE`);
  }
  return Object.keys(variables).flatMap((name) => {
    const meant = ours.has(name) ? undefined : [...ours].find((known) => isNear(name, known));
    return meant === undefined ? [] : [`${name} is not read; did you mean ${meant}?`];
  });
}

function isNear(name: string, known: string): boolean {
  if (units.some((unit) => name + unit === known)) return true;
  return (
    name.length >= minLength &&
    known.length >= minLength &&
    Math.abs(name.length - known.length) <= maxDistance &&
    name.slice(0, samePrefix) === known.slice(0, samePrefix) &&
    editDistance(name, known) <= maxDistance
  );
}

/** Levenshtein's distance: insertions, deletions and replacements between two names. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
