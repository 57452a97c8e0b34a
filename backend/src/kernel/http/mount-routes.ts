import express, { type RequestHandler, type Response, type Router } from 'express';
import type { Authenticator } from '../auth/index.ts';
import { AppError, validated } from '../errors/index.ts';
import { rateLimitHeaders, rateLimitKey, type RateLimiter } from '../ratelimit/index.ts';
import type { Joi } from '../schema/index.ts';
import { routeFaults } from './declarations.ts';
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
      ...bodyParsers(route, services),
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
    const caller = await authenticator.authenticate(request.get('authorization'));
    if (caller.kind === 'user') context.userId = caller.userId;
    const key = rateLimitKey(context.userId, request.ip);
    response.set(rateLimitHeaders(await rateLimiter.consume(route.rateLimit, key)));
    authenticator.authorize(caller, route.auth);
    context.caller = caller;
    next();
  };
}

function bodyParsers(route: Route, { bodyLimitBytes }: RouteServices): RequestHandler[] {
  return route.body
    ? [
        requireJson,
        express.json({ limit: bodyLimitBytes, strict: true, reviver: refusePrototypes }),
      ]
    : [];
}

/** JSON may name a key `__proto__`, and whoever copies that object then gets a prototype of the client's choice. */
function refusePrototypes(this: unknown, key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('The key __proto__ is not allowed');
  return value;
}

const requireJson: RequestHandler = (request, _response, next) => {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined ||
    Number(request.get('content-length') ?? 0) > 0;
  if (hasBody && request.is('application/json') !== 'application/json') {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', { message: 'Send the body as application/json.' });
  }
  next();
};

function handle(route: Route): RequestHandler {
  return async (request, response) => {
    const { caller, requestId } = contextOf(request);
    if (!caller) throw new Error('The caller was not identified');
    const input: RouteInput<unknown, unknown, unknown, unknown> = {
      params: check(route.params, request.params, 'path'),
      query: check(route.query, request.query, 'query'),
      headers: check(route.headers?.options({ stripUnknown: true }), request.headers, 'header'),
      body: route.body ? check(route.body.required(), request.body, 'body') : undefined,
      caller,
      requestId,
      // Made when asked for: most handlers are done before anyone could go away.
      get signal() {
        return clientSignal(response);
      },
    };
    send(response, await route.handler(input));
  };
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

function methodNotAllowed(methods: readonly string[]): RequestHandler {
  const allow = [...new Set([...methods, ...(methods.includes('get') ? ['head'] : []), 'options'])]
    .map((method) => method.toUpperCase())
    .join(', ');
  return (request, response) => {
    if (request.method !== 'OPTIONS')
      throw new AppError('METHOD_NOT_ALLOWED', { headers: { Allow: allow } });
    response.status(204).setHeader('Allow', allow).end();
  };
}
