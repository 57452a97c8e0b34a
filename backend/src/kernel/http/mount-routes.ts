import type { RequestHandler, Response, Router } from 'express';
import type { Authenticator } from '../auth/index.ts';
import { toAppError, validated } from '../errors/index.ts';
import {
  countRefusals,
  rateLimitHeaders,
  rateLimitKey,
  type RateLimiter,
} from '../ratelimit/index.ts';
import type { Joi } from '../schema/index.ts';
import { routeFaults } from './declarations.ts';
import { jsonBody } from './json-body.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { clientSignal, contextOf } from './request-context.ts';
import type { Reply, Route, RouteInput } from './route.ts';

export interface RouteServices {
  authenticator: Authenticator;
  rateLimiter: RateLimiter;
  bodyLimitBytes: number;
}

/** Mounts declared routes below `prefix`. Throws where a declaration is incomplete, so the server does not start. */
export function mountRoutes(
  router: Router,
  prefix: string,
  routes: readonly Route[],
  services: RouteServices,
): void {
  const faults = routeFaults(routes);
  if (faults.length > 0) throw new Error(`Routes are not fully declared:\n${faults.join('\n')}`);

  for (const route of routes) {
    const path = prefix + route.path;
    router[route.method](
      path,
      identify(route, path, services),
      ...(route.body ? jsonBody(services.bodyLimitBytes) : []),
      handle(route),
    );
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map((route) => route.method);
    router.all(prefix + path, methodNotAllowed(methods));
  }
}

/** Who is asking, may they, and are they asking too often: before a byte of the body is read. */
function identify(route: Route, path: string, services: RouteServices): RequestHandler {
  const { authenticator, rateLimiter } = services;
  return async (request, response, next) => {
    const context = contextOf(request);
    context.route = path;
    const caller = await countRefusals(rateLimiter, request.ip, () =>
      authenticator.authenticate(request.get('authorization')),
    );
    if (caller.kind === 'user') context.userId = caller.userId;
    const key = rateLimitKey(context.userId, request.ip);
    const state = rateLimiter.consume(route.rateLimit, key);
    response.set(rateLimitHeaders(state instanceof Promise ? await state : state));
    authenticator.authorize(caller, route.auth);
    context.caller = caller;
    next();
  };
}

function handle(route: Route): RequestHandler {
  const headers = route.headers?.options({ stripUnknown: true });
  const body = route.body?.required();
  return async (request, response) => {
    const { caller, requestId } = contextOf(request);
    if (!caller) throw new Error('The caller was not identified');
    let signal: AbortSignal | undefined;
    const input: RouteInput<unknown, unknown, unknown, unknown> = {
      params: check(route.params, request.params, 'path'),
      query: check(route.query, request.query, 'query'),
      headers: check(headers, request.headers, 'header'),
      body: body ? check(body, request.body, 'body') : undefined,
      caller,
      requestId,
      // Made when asked for: most handlers are done before anyone could go away.
      get signal() {
        return (signal ??= clientSignal(response));
      },
    };
    send(response, await answerOf(route, input));
  };
}

async function answerOf(
  route: Route,
  input: RouteInput<unknown, unknown, unknown, unknown>,
): Promise<Reply> {
  try {
    return await route.handler(input);
  } catch (thrown) {
    // Express takes the strings 'route' and 'router' for commands and would go past our error handler.
    throw thrown instanceof Error ? thrown : toAppError(thrown);
  }
}

/** A part without a schema is not looked at, and the handler gets an empty object. */
function check(schema: Joi.ObjectSchema | undefined, value: unknown, part: string): unknown {
  return schema ? (validated(schema, value, part) as unknown) : {};
}

function send(response: Response, reply: Reply): void {
  response.status(reply.status ?? 200);
  if (reply.headers) response.set(reply.headers);
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store');
  if (reply.body === undefined) response.end();
  else response.json(reply.body);
}
