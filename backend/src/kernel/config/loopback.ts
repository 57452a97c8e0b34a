import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('0.0.0.0', 'ipv4');
loopback.addAddress('::1', 'ipv6');
loopback.addAddress('::', 'ipv6');

/** To connect to, this machine; to listen on, every address of it. */
const everywhere: readonly string[] = ['0.0.0.0', '::'];

/** Whether the URL leads back to this machine. */
export function isLoopback(url: string): boolean {
  return leadsHere(new URL(url).hostname.replace(/^\[|\]$|\.$/g, ''));
}

/** Whether what listens on this address can be reached from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return leadsHere(host) && !everywhere.includes(host);
}

function leadsHere(hostname: string): boolean {
  const family = isIP(hostname);
  if (family === 0) return hostname === 'localhost' || hostname.endsWith('.localhost');
  return loopback.check(hostname, family === 4 ? 'ipv4' : 'ipv6');
}
