import { entitlementFaults } from '../entitlements/index.ts';
import { rateLimitTiers } from '../ratelimit/index.ts';
import type { SocketEvent } from './event.ts';

const requirements: readonly string[] = ['public', 'user', 'admin', 'service'];
const reserved = [
  'connect',
  'connect_error',
  'connected',
  'disconnect',
  'disconnecting',
  'error',
  'newListener',
  'removeListener',
];

/** Faults in what socket events declare, one line each. The server does not start while there is one. */
export function socketEventFaults(events: readonly SocketEvent[]): string[] {
  const seen = new Set<string>();
  return events.flatMap((event) => {
    const name = `socket event ${event.name}`;
    const faults: string[] = [];
    if (!requirements.includes(event.auth))
      faults.push(`${name}: declare auth as one of ${requirements.join(', ')}`);
    if (!rateLimitTiers.includes(event.rateLimit)) {
      faults.push(`${name}: declare rateLimit as one of ${rateLimitTiers.join(', ')}`);
    }
    faults.push(...entitlementFaults(name, event));
    if (reserved.includes(event.name) || /^(auth|socket):/.test(event.name))
      faults.push(`${name}: the name is reserved`);
    if (seen.has(event.name)) faults.push(`${name}: declared twice`);
    seen.add(event.name);
    return faults;
  });
}
