import ipaddr from 'ipaddr.js';

/** Addresses of the public range that belong to a cloud's own machinery all the same. */
const machinery: ReadonlySet<string> = new Set(['168.63.129.16']);
/** What IANA has given out as global unicast so far: all else is special, or will be. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an IP address belongs to the public internet: not to this machine, a private network, a link, a cloud's metadata
 * service, a group, or a range that stands for another address (IPv4 mapped into IPv6, NAT64, 6to4, Teredo).
 */
export function isPublicAddress(text: string): boolean {
  // A zone is for links only.
  if (text.includes('%') || !ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv6
    ? address.match(globalUnicast)
    : !machinery.has(address.toString());
}
