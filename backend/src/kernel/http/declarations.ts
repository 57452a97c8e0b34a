import { entitlementFaults } from '../entitlements/index.ts';
import { rateLimitTiers } from '../ratelimit/index.ts';
import { operationId } from './openapi.ts';
import type { Route } from './route.ts';

const requirements: readonly string[] = ['public', 'user', 'admin', 'service'];

/** Faults in what routes declare, one line each. The server does not start while there is one. */
export function routeFaults(routes: readonly Route[]): string[] {
  const seen = new Map<string, string>();
  return routes.flatMap((route) => {
    const name = `${route.method.toUpperCase()} ${route.path}`;
    const faults: string[] = [];
    // Types promise these; a cast or plain JavaScript may break the promise, and then nothing must be open by accident.
    if (!requirements.includes(route.auth)) {
      faults.push(`${name}: declare auth as one of ${requirements.join(', ')}`);
    }
    if (!rateLimitTiers.includes(route.rateLimit)) {
      faults.push(`${name}: declare rateLimit as one of ${rateLimitTiers.join(', ')}`);
    }
    // A key is one of its user, and reading again changes nothing.
    if (route.idempotency !== undefined && (route.auth === 'public' || route.method === 'get')) {
      faults.push(`${name}: idempotency is for what signed-in callers change`);
    }
    faults.push(...entitlementFaults(name, route));
    // One address, one way to write it, one name in the OpenAPI document.
    const shape = `path ${route.path.replace(/:\w+/g, ':')}`;
    const written = seen.get(shape) ?? route.path;
    if (written !== route.path) faults.push(`${name}: is written ${written} elsewhere`);
    const id = `id ${operationId(route)}`;
    if (seen.has(id)) faults.push(`${name}: declared twice, or named like ${seen.get(id) ?? ''}`);
    seen.set(shape, written).set(id, name);
    return [...faults, ...parameterFaults(name, route)];
  });
}

function parameterFaults(name: string, route: Route): string[] {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const inSchema = Object.keys((route.params?.describe().keys ?? {}) as object);
  return [
    ...inPath
      .filter((key) => !inSchema.includes(key))
      .map((key) => `${name}: no schema for :${key}`),
    ...inSchema
      .filter((key) => !inPath.includes(key))
      .map((key) => `${name}: no :${key} in the path`),
  ];
}
