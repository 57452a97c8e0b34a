import type { Request, RequestHandler, Response } from 'express';
import { anonymous, type Authenticator, type Caller } from '../auth/index.ts';
import { toAppError, validated } from '../errors/index.ts';
import type { Entitlements } from '../entitlements/index.ts';
import type { LoadShedder } from '../overload/index.ts';
import {
  countRefusals,
  rateLimitHeaders,
  rateLimitHeaderNames,
  rateLimitKey,
  type RateLimiter,
  type RateLimitState,
} from '../ratelimit/index.ts';
import type { Idempotency } from '../idempotency/index.ts';
import type { Joi } from '../schema/index.ts';
import { idempotentAnswer } from './idempotent-answer.ts';
import { jsonBody, type ReadBody } from './json-body.ts';
import { rawBody } from './raw-body.ts';
import { clientSignal, contextOf, type RequestContext } from './request-context.ts';
import type { Reply, Route, RouteInput } from './route.ts';
import { sendJson } from './send-json.ts';
import { sendStream } from './send-stream.ts';

export interface RouteServices {
  authenticator: Authenticator;
  rateLimiter: RateLimiter;
  idempotency: Idempotency;
  entitlements: Pick<Entitlements, 'require'>;
  shedder: LoadShedder;
  bodyLimitBytes: number;
}

type Input = RouteInput<unknown, unknown, unknown, unknown>;
/** The request's Idempotency-Key; joined by a comma where it was sent twice. */
type Key = string | undefined;
type Handler = (input: Input, key: Key) => Promise<Reply>;

/** One declared route as a handler: who is asking, how often, may they, what do they send, what is the answer. */
export function serveRoute(route: Route, path: string, services: RouteServices): RequestHandler {
  const readBody = bodyReader(route, services.bodyLimitBytes);
  const checked = checkedInput(route);
  const handler: Handler =
    route.idempotency === undefined
      ? route.handler
      : idempotentAnswer(route, path, services.idempotency);
  const { shedder } = services;

  async function serve(request: Request, response: Response): Promise<void> {
    const context = contextOf(request);
    context.route = path;
    let body: unknown;
    shedder.enter();
    try {
      // Whoever signs what they send is no caller, and what stands in the header is a token of theirs.
      const caller =
        route.rawBodyLimit === undefined
          ? (services.authenticator.recall(request.headers.authorization, request.socket) ??
            (await identify(request, services)))
          : anonymous;
      const waiting = admit(route, request, context, caller, services);
      if (waiting) await waiting;
      if (route.entitlement !== undefined)
        await services.entitlements.require(caller, route.entitlement);
      // Not before, and waiting for a client's body is no work.
      if (readBody !== undefined) {
        shedder.leave();
        body = await readBody(request, response).finally(shedder.enter);
      }
      const input = checked(request, response, body, caller, context);
      const reply = await handler(input, request.headers['idempotency-key'] as Key);
      if (reply.stream === undefined) send(response, reply);
      else {
        shedder.leave();
        await sendStream(response, route, reply.stream, headersOf(reply)).finally(shedder.enter);
      }
    } catch (thrown) {
      // Express takes the strings 'route' and 'router' for commands and would go past our error handler.
      throw thrown instanceof Error ? thrown : toAppError(thrown);
    } finally {
      shedder.leave();
    }
  }
  return serve;
}

/** Who is asking, where the connection does not tell; refused tokens count against the address. */
function identify(
  { headers: { authorization }, ip, socket }: Request,
  { authenticator, rateLimiter }: RouteServices,
): Promise<Caller> {
  return countRefusals(rateLimiter, ip, () => authenticator.authenticate(authorization, socket));
}

/** Throws, or rejects, where the caller comes too often or may not. A promise only where the rate limit has to wait. */
function admit(
  { rateLimit, auth }: Route,
  request: Request,
  context: RequestContext,
  caller: Caller,
  { authenticator, rateLimiter }: RouteServices,
): Promise<void> | undefined {
  if (caller.kind === 'user') context.userId = caller.userId;
  // Finding the address behind proxies is work, and a user is known without it.
  const key = rateLimitKey(context.userId, context.userId === undefined ? request.ip : undefined);

  function letIn(state: RateLimitState): void {
    const headers = rateLimitHeaders(state);
    for (const name of rateLimitHeaderNames) context.headers.push(name, headers[name]);
    authenticator.authorize(caller, auth);
    context.caller = caller;
  }
  const state = rateLimiter.consume(rateLimit, key);
  if (state instanceof Promise) return state.then(letIn);
  letIn(state);
  return undefined;
}

function bodyReader(
  { body, rawBodyLimit, unreadable }: Route,
  limitBytes: number,
): ReadBody | undefined {
  if (rawBodyLimit !== undefined) return rawBody(rawBodyLimit, unreadable);
  return body ? jsonBody(limitBytes) : undefined;
}

/** What the handler is given, each part by its schema. */
function checkedInput(route: Route) {
  const headers = route.headers?.options({ stripUnknown: true });
  const body = route.body?.required();
  const isRaw = route.rawBodyLimit !== undefined;

  class CheckedInput implements Input {
    readonly params: unknown;
    readonly query: unknown;
    readonly headers: unknown;
    readonly body: unknown;
    /** Of a raw route. */
    readonly rawHeaders: Request['headers'] | undefined;
    readonly caller: Input['caller'];
    readonly requestId: string;
    readonly once = undefined;
    readonly #response: Response;
    #signal: AbortSignal | undefined;

    constructor(
      request: Request,
      response: Response,
      given: unknown,
      caller: Caller,
      { requestId }: RequestContext,
    ) {
      this.params = check(route.params, request.params, 'path');
      this.query = route.query ? check(route.query, request.query, 'query') : {};
      this.headers = check(headers, request.headers, 'header');
      this.body = body ? check(body, given, 'body') : given;
      this.rawHeaders = isRaw ? request.headers : undefined;
      this.caller = caller;
      this.requestId = requestId;
      this.#response = response;
    }

    // Made when asked for: most handlers are done before anyone could go away.
    get signal(): AbortSignal {
      return (this.#signal ??= clientSignal(this.#response));
    }
  }
  return (...parts: ConstructorParameters<typeof CheckedInput>): Input =>
    new CheckedInput(...parts);
}

/** A part without a schema is not looked at, and the handler gets an empty object. */
function check(schema: Joi.ObjectSchema | undefined, value: unknown, part: string): unknown {
  return schema ? (validated(schema, value, part) as unknown) : {};
}

const notStored: readonly string[] = ['Cache-Control', 'no-store'];

function send(response: Response, reply: Reply): void {
  sendJson(response, reply.status ?? 200, headersOf(reply), reply.body);
}

function headersOf({ headers }: Reply): readonly string[] {
  if (headers === undefined) return notStored;
  const list = Object.entries(headers).flat();
  const cached = Object.keys(headers).some((name) => name.toLowerCase() === 'cache-control');
  return cached ? list : [...list, ...notStored];
}
