import { internalError } from '../errors/index.ts';
import { sizeOf } from './size-of.ts';
import type { CacheDefinition } from './types.ts';

const hourMs = 3_600_000;
/** Of a value as JSON. What is bigger belongs into a table or a file; it is served and not kept. */
export const largestJson = 1024 ** 2;

/** A definition with every default in it, checked. */
export type Rules<T> = Required<CacheDefinition<T>>;

export function rulesOf<T>(definition: CacheDefinition<T>): Rules<T> {
  if (!/^[\w.-]{1,60}$/.test(definition.name))
    throw new Error(`${JSON.stringify(definition.name)} cannot be the name of a cache`);
  const rules = {
    freshMs: 24 * hourMs,
    staleMs: 7 * 24 * hourMs,
    absentMs: 0,
    loadWithinMs: 15_000,
    ...definition,
  };
  for (const name of ['freshMs', 'staleMs', 'absentMs', 'loadWithinMs'] as const) {
    if (!(rules[name] >= 0 && Number.isFinite(rules[name])))
      throw new Error(`${name} of the cache ${rules.name} is no number of milliseconds`);
  }
  return rules;
}

/** A value in memory. Times are of `performance.now()`. */
export interface Kept {
  readonly value: unknown;
  readonly loadedAt: number;
  readonly freshUntil: number;
  readonly usableUntil: number;
  /** About the bytes it takes. */
  readonly bytes: number;
  /** When the store was last known to hold the same. */
  readonly seenAt: number;
  /** Nobody here tries to load it anew before this. */
  refreshAfter: number;
}

export function kept(
  value: unknown,
  times: { ageMs: number; freshForMs: number; usableForMs: number },
): Kept {
  const now = performance.now();
  return {
    value,
    loadedAt: now - times.ageMs,
    freshUntil: now + times.freshForMs,
    usableUntil: now + times.usableForMs,
    bytes: sizeOf(value),
    seenAt: now,
    refreshAfter: 0,
  };
}

/** Makes of a loaded value what every process will read of it. Throws INTERNAL_ERROR where it does not fit the schema. */
export function sealed<T>(rules: Rules<T>, loaded: T): { value: T; json: string } {
  const json = JSON.stringify(loaded) as string | undefined;
  if (json === undefined)
    throw internalError(
      new Error(`What the cache ${rules.name} loaded is nothing that JSON can write`),
    );
  const read = parsed(rules, json);
  if ('fault' in read)
    throw internalError(
      new Error(`What the cache ${rules.name} loaded does not fit: ${read.fault}`),
    );
  return { value: read.value, json };
}

/** The value, or which rule of the schema it breaks where; what it holds is not said. */
export function parsed<T>(rules: Rules<T>, json: string): { value: T } | { fault: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    return { fault: 'no JSON' };
  }
  const { error, value } = rules.schema.validate(raw, { convert: true }) as {
    error?: { details: { path: (string | number)[]; type: string }[] };
    value: T;
  };
  const [fault] = error?.details ?? [];
  if (fault) return { fault: `${fault.path.join('.')} (${fault.type})` };
  return { value: frozen(value) };
}

function frozen<V>(value: V): V {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
