import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('0.0.0.0', 'ipv4');
loopback.addAddress('::1', 'ipv6');
loopback.addAddress('::', 'ipv6');

/** Whether the URL leads back to this machine. */
export function isLoopback(url: string): boolean {
  const hostname = new URL(url).hostname.replace(/^\[|\]$|\.$/g, '');
  const family = isIP(hostname);
  if (family === 0) return hostname === 'localhost' || hostname.endsWith('.localhost');
  return loopback.check(hostname, family === 4 ? 'ipv4' : 'ipv6');
}
