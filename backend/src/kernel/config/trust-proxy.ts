import { isIP } from 'node:net';
import type { Joi } from '../schema/index.ts';
import { type Parsed, parsed } from './value-kinds.ts';

export type TrustProxy = false | number | readonly string[];

const ranges = new Set(['loopback', 'linklocal', 'uniquelocal']);
const maxHops = 10;

/** Express's `trust proxy`, without the one value that lets every client choose its own address. */
export const trustProxy = (): Joi.AnySchema<TrustProxy> =>
  parsed(
    `false, a number of proxies from 1 to ${maxHops}, or a comma-separated list of addresses, CIDR ranges and ${[...ranges].join(', ')}`,
    parseTrustProxy,
  );

export function parseTrustProxy(text: string): Parsed<TrustProxy> {
  const value = text.toLowerCase();
  if (value === '' || value === 'false') return { value: false };
  if (value === 'true')
    return {
      problem: 'trusts every proxy, so any client can claim any address in X-Forwarded-For',
      remedy: `Set it to the number of proxies in front of this server (1 to ${maxHops}), or to their addresses`,
    };
  if (/^\d+$/.test(value)) {
    const hops = Number(value);
    return hops >= 1 && hops <= maxHops
      ? { value: hops }
      : { problem: `is not a number of proxies from 1 to ${maxHops}` };
  }
  const entries = value.split(',').map((entry) => entry.trim());
  const faulty = entries.flatMap((entry, index) => (isTrustable(entry) ? [] : [index + 1]));
  return faulty.length === 0
    ? { value: entries }
    : { problem: `has entries that are no address and no range: number ${faulty.join(', ')}` };
}

function isTrustable(entry: string): boolean {
  if (ranges.has(entry)) return true;
  const [address = '', prefix, ...rest] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return false;
  if (prefix === undefined) return true;
  // A range of /0 is `true` by another name.
  return /^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}
