import { serializeError } from './error-serializer.ts';
import { scrubText } from './scrub-text.ts';

/** Names whose values never reach a log line, wherever they stand. Compared without case and punctuation. */
const secretNames = new Set([
  'authorization',
  'cookie',
  'setcookie',
  'apikey',
  'xapikey',
  'password',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'secret',
  'clientsecret',
  'servicerolekey',
  'anonkey',
  'connectionstring',
]);
const censored = '[secret]';
const deepest = 6;
const mostEntries = 200;

/**
 * A copy of a log line's fields without secrets: values of secret names, tokens inside text. Bounded in depth and
 * breadth; what lies beyond is left out, not shown. Never throws: a getter or proxy may, and the line still has to come.
 */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  try {
    return redactObject(fields, 0);
  } catch {
    return { fields: '[unreadable]' };
  }
}

function redactObject(object: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  let count = 0;
  for (const [name, value] of Object.entries(object)) {
    count += 1;
    if (count > mostEntries) break;
    copy[name] = isSecret(name) ? censored : redactValue(value, depth);
  }
  return copy;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return serializeError(value);
  if (depth >= deepest) return '[deeper]';
  if (Array.isArray(value)) {
    return value.slice(0, mostEntries).map((item) => redactValue(item, depth + 1));
  }
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  // What says itself how it is written (a Date, a URL, a Secret) knows best, but not what may be shown.
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return redactValue((value.toJSON as () => unknown)(), depth + 1);
  }
  return redactObject(value, depth + 1);
}

const isSecret = (name: string): boolean =>
  secretNames.has(name) || secretNames.has(name.replace(/[^a-z]/gi, '').toLowerCase());
