import type { AuthRequirement, CallerOf } from '../auth/index.ts';
import type { Transaction } from '../db/index.ts';
import type { AppError, ErrorCode } from '../errors/index.ts';
import type { RateLimitTier } from '../ratelimit/index.ts';
import type { Joi, Schema } from '../schema/index.ts';

/** Where every declared route lies; the version is part of it. */
export const apiPrefix = '/api/v1';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Whether requests may, or must, carry an Idempotency-Key. */
export type IdempotencyRule = 'optional' | 'required';

/**
 * Runs the route's database work, with the caller's rights, in the transaction that also keeps its answer: done once for
 * all requests with the same Idempotency-Key. The handler answers with what this gives, and does nothing else that lasts.
 */
export type Once = (work: (tx: Transaction) => Promise<Reply>) => Promise<Reply>;

/** What a handler is given: everything checked, nothing of Express. */
export interface RouteInput<
  P,
  Q,
  H,
  B,
  A extends AuthRequirement = AuthRequirement,
  I extends IdempotencyRule | undefined = IdempotencyRule | undefined,
> {
  params: P;
  query: Q;
  /** Names are lower case; only the declared ones. */
  headers: H;
  body: B;
  /** Signed in, wherever the route does not say `public`. */
  caller: CallerOf<A>;
  requestId: string;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
  /** There for routes that declare `idempotency`. */
  once: I extends IdempotencyRule ? Once : undefined;
}

export interface Reply {
  /** 200 unless given; 204 has no body. */
  status?: number;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
  /** Text of the declared `contentType`, piece by piece, instead of a body. It ends early where the client goes away. */
  stream?: AsyncIterable<string>;
}

export interface DeclaredResponse {
  description: string;
  body?: Schema;
  /** Of an answer that is streamed text, such as `text/csv; charset=utf-8`. */
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
}

export interface RouteDefinition<
  P = unknown,
  Q = unknown,
  H = unknown,
  B = unknown,
  A extends AuthRequirement = AuthRequirement,
  I extends IdempotencyRule | undefined = IdempotencyRule | undefined,
> {
  method: Method;
  /** Below `apiPrefix`, in Express's notation: `/recipes/:id`. */
  path: `/${string}`;
  summary: string;
  description?: string;
  tag: string;
  auth: A;
  rateLimit: RateLimitTier;
  /** What the caller must have bought besides, such as `pro`. Not for `public` routes. */
  entitlement?: string;
  /** For operations that change something on behalf of a signed-in caller. */
  idempotency?: I;
  params?: Joi.ObjectSchema<P>;
  query?: Joi.ObjectSchema<Q>;
  headers?: Joi.ObjectSchema<H>;
  body?: Joi.ObjectSchema<B>;
  /** Instead of `body`: the bytes as they were sent, this many at most. */
  rawBodyLimit?: number;
  /** Is told of bytes that are refused unread: too many, or compressed. They are answered with that error. */
  unreadable?: (error: AppError) => void;
  responses: Readonly<Record<number, DeclaredResponse>>;
  /** Codes beyond those that every route of this kind can answer. */
  errors?: readonly ErrorCode[];
  handler: (input: RouteInput<P, Q, H, B, A, I>) => Promise<Reply>;
}

/** A declared operation with its types folded away, as the server keeps it in a list. */
export type Route = Omit<RouteDefinition, 'params' | 'query' | 'headers' | 'body' | 'handler'> & {
  params?: Joi.ObjectSchema;
  query?: Joi.ObjectSchema;
  headers?: Joi.ObjectSchema;
  body?: Joi.ObjectSchema;
  handler: (input: RouteInput<unknown, unknown, unknown, unknown>) => Promise<Reply>;
};

type Empty = Record<string, never>;

/** What the handler of a raw route is given: the bytes and headers as they came. */
export interface RawRouteInput extends RouteInput<
  Empty,
  Empty,
  Empty,
  Buffer,
  AuthRequirement,
  undefined
> {
  /** Names are lower case. */
  rawHeaders: Readonly<Record<string, string | undefined>>;
}

/**
 * One HTTP operation in one place: address, who may call it, how often, what it takes, what it answers, what it does.
 * The schemas check the request, type the handler and write the OpenAPI document.
 */
export function route<
  const A extends AuthRequirement,
  P = Empty,
  Q = Empty,
  H = Empty,
  B = undefined,
  const I extends IdempotencyRule | undefined = undefined,
>(definition: RouteDefinition<P, Q, H, B, A, I>): Route {
  // The handler only ever sees values that passed these very schemas.
  return definition as unknown as Route;
}

/** The same where a signature covers the very bytes of the body, as that of a webhook does. */
export function rawRoute({
  limitBytes,
  handler,
  ...definition
}: Omit<RouteDefinition, 'body' | 'params' | 'query' | 'headers' | 'rawBodyLimit' | 'handler'> & {
  limitBytes: number;
  handler: (input: RawRouteInput) => Promise<Reply>;
}): Route {
  return { ...definition, rawBodyLimit: limitBytes, handler: handler as Route['handler'] };
}
