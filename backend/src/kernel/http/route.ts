import type { AuthRequirement, CallerOf } from '../auth/index.ts';
import type { ErrorCode } from '../errors/index.ts';
import type { RateLimitTier } from '../ratelimit/index.ts';
import type { Joi, Schema } from '../schema/index.ts';

/** Where every declared route lies; the version is part of it. */
export const apiPrefix = '/api/v1';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a handler is given: everything checked, nothing of Express. */
export interface RouteInput<P, Q, H, B, A extends AuthRequirement = AuthRequirement> {
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
}

export interface Reply {
  /** 200 unless given; 204 has no body. */
  status?: number;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
}

export interface DeclaredResponse {
  description: string;
  body?: Schema;
  headers?: Readonly<Record<string, string>>;
}

export interface RouteDefinition<
  P = unknown,
  Q = unknown,
  H = unknown,
  B = unknown,
  A extends AuthRequirement = AuthRequirement,
> {
  method: Method;
  /** Below `apiPrefix`, in Express's notation: `/recipes/:id`. */
  path: `/${string}`;
  summary: string;
  description?: string;
  tag: string;
  auth: A;
  rateLimit: RateLimitTier;
  params?: Joi.ObjectSchema<P>;
  query?: Joi.ObjectSchema<Q>;
  headers?: Joi.ObjectSchema<H>;
  body?: Joi.ObjectSchema<B>;
  responses: Readonly<Record<number, DeclaredResponse>>;
  /** Codes beyond those that every route of this kind can answer. */
  errors?: readonly ErrorCode[];
  handler: (input: RouteInput<P, Q, H, B, A>) => Promise<Reply>;
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
>(definition: RouteDefinition<P, Q, H, B, A>): Route {
  // The handler only ever sees values that passed these very schemas.
  return definition as unknown as Route;
}
