import { Router, type Express, type RequestHandler } from 'express';
import { routeFaults } from './declarations.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import type { Route } from './route.ts';
import { serveRoute, type RouteServices } from './serve-route.ts';

/** Mounts declared routes below `prefix`. Throws where a declaration is incomplete, so the server does not start. */
export function mountRoutes(
  app: Express,
  prefix: string,
  routes: readonly Route[],
  services: RouteServices,
): void {
  const faults = routeFaults(routes);
  if (faults.length > 0) throw new Error(`Routes are not fully declared:\n${faults.join('\n')}`);

  const router = Router({ caseSensitive: true });
  const fixed = new Map<string, RequestHandler>();
  for (const route of routes) {
    const path = prefix + route.path;
    const serve = serveRoute(route, path, services);
    router[route.method](path, serve);
    if (!path.includes(':')) fixed.set(addressOf(route.method.toUpperCase(), path), serve);
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map((route) => route.method);
    router.all(prefix + path, methodNotAllowed(methods));
  }

  // The very path of a route without parameters is found by one look-up. Whatever is written in another way (a slash at the
  // end, HEAD, OPTIONS) goes to Express, which tries one pattern after the other.
  app.use((request, response, next) => {
    const serve = fixed.get(addressOf(request.method, request.path)) ?? router;
    return serve(request, response, next);
  });
}

const addressOf = (method: string, path: string): string => `${method} ${path}`;
