import type { Joi } from '../schema/index.ts';
import { type Parsed, parsed } from './value-kinds.ts';

/** Browser origins, comma-separated, each as the browser writes it: scheme, host and port. */
export const origins = (): Joi.AnySchema<readonly string[]> =>
  parsed('a comma-separated list of origins such as https://app.your-domain.com', parseOrigins);

export function parseOrigins(text: string): Parsed<readonly string[]> {
  const entries = text.split(',').map((entry) => entry.trim());
  const faulty = entries.flatMap((entry, index) => {
    const problem = problemOf(entry);
    return problem === undefined ? [] : [`entry ${index + 1} ${problem}`];
  });
  if (faulty.length > 0) return { problem: `is not a list of origins: ${faulty.join('; ')}` };
  return { value: [...new Set(entries.map((entry) => new URL(entry).origin))] };
}

function problemOf(entry: string): string | undefined {
  if (entry === '') return 'is empty';
  if (entry.includes('*')) return 'has a wildcard, which would admit origins that are not ours';
  if (!URL.canParse(entry)) return 'is not a URL';
  const url = new URL(entry);
  if (!/^https?:$/.test(url.protocol)) return 'is neither http nor https';
  // Anything behind the host would be dropped in silence, and with it what its author meant by it.
  return url.href === `${url.origin}/` ? undefined : 'has more than scheme, host and port';
}
