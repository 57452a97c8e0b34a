import { isIP, isIPv6 } from 'node:net';

/**
 * A user is one caller wherever they are; others are told apart by address, IPv6 by its /64. All that is no address is one
 * caller: what a proxy passes on unread must not make a new caller of each request.
 */
export function rateLimitKey(userId: string | undefined, address: string | undefined): string {
  if (userId !== undefined) return `user:${userId}`;
  const plain = address?.toLowerCase().replace(/^::ffff:(?=[\d.]+$)/, '') ?? '';
  if (isIP(plain) === 0) return 'ip:unknown';
  return `ip:${isIPv6(plain) ? networkPrefix(plain) : plain}`;
}

/** The first four groups of an IPv6 address, written out. */
function networkPrefix(address: string): string {
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array<string>(Math.max(0, missing)).fill('0'), ...back]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
