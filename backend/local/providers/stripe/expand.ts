import type { Store } from './store.ts';

type Json = Record<string, unknown>;

/** A copy of the answer in which the ids at these paths, such as `data.payment.payment_intent`, are the objects themselves. */
export function expanded(answer: object, paths: readonly string[], store: Store): Json {
  const copy = structuredClone(answer) as Json;
  for (const path of paths) expand(copy, path.split('.'), store);
  return copy;
}

function expand(value: unknown, [name, ...rest]: string[], store: Store): void {
  if (name === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const each of value) expand(each, [name, ...rest], store);
    return;
  }
  const object = value as Json;
  const found = typeof object[name] === 'string' ? store.find(object[name]) : undefined;
  if (found) object[name] = structuredClone(found);
  expand(object[name], rest, store);
}
