import { setTimeout as wait } from 'node:timers/promises';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { expanded } from './expand.ts';
import type { Customer } from './objects.ts';
import type { Store } from './store.ts';

/** A refusal in Stripe's words. */
export class StripeRefusal extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;

  constructor(status: number, message: string, more: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.body = { type: 'invalid_request_error', message, ...more };
  }
}

export const missing = (kind: string, id: string): StripeRefusal =>
  new StripeRefusal(404, `No such ${kind}: '${id}'`, { code: 'resource_missing', param: 'id' });

/** What is deleted still has a name, and is of no use. */
export const isThere = (customer: Customer | undefined): customer is Customer =>
  customer !== undefined && customer.deleted !== true;

/** Named in a form, and not in the path. */
export const missingParam = (kind: string, id: string, param = kind): StripeRefusal =>
  new StripeRefusal(400, `No such ${kind}: '${id}'`, { code: 'resource_missing', param });

const listOf = (value: unknown): string[] =>
  [value ?? []].flat().filter((each): each is string => typeof each === 'string');

/** Answers with the object, expanded as the request asks. */
export function answer(request: Request, response: Response, object: object, store: Store): void {
  const body = request.body as Record<string, unknown> | undefined;
  const query = request.query as Record<string, unknown>;
  response.json(expanded(object, [...listOf(query.expand), ...listOf(body?.expand)], store));
}

/** One page, newest first, by `limit` and `starting_after`. */
export function page<T extends { id: string }>(request: Request, all: readonly T[]): object {
  const query = request.query as Record<string, unknown>;
  const limit = Math.min(100, Math.max(1, Number(query.limit ?? 10)));
  const after = all.findIndex(({ id }) => id === query.starting_after);
  const data = all.slice(after + 1, after + 1 + limit);
  return {
    object: 'list',
    url: request.path,
    has_more: after + 1 + limit < all.length,
    data,
  };
}

export const needsKey =
  (key: string): RequestHandler =>
  (request, response, next) => {
    response.set('request-id', `req_${Math.random().toString(36).slice(2, 16)}`);
    if (request.get('authorization') !== `Bearer ${key}`)
      throw new StripeRefusal(401, 'Invalid API Key provided: sk_test_****');
    next();
  };

/** Milliseconds that work under a key takes at the least, so that another request may come in between. */
const underWayMs = 50;

/**
 * The same POST under one Idempotency-Key is done once; with other parameters it is refused, and while the first one is under way,
 * too.
 */
export function idempotent(): RequestHandler {
  const known = new Map<string, { asked: string; status: number; body: unknown }>();
  const underWay = new Set<string>();
  return async (request, response, next) => {
    const key = request.get('idempotency-key');
    if (key === undefined || request.method !== 'POST') {
      next();
      return;
    }
    if (underWay.has(key))
      throw new StripeRefusal(
        409,
        `There is currently another in-progress request using this Idempotent Key: ${key}.`,
        { type: 'idempotency_error', code: 'idempotency_key_in_use' },
      );
    const asked = `${request.path} ${JSON.stringify(request.body)}`;
    const before = known.get(key);
    if (before && before.asked !== asked)
      throw new StripeRefusal(
        400,
        'Keys for idempotent requests can only be used with the same parameters.',
        {
          type: 'idempotency_error',
        },
      );
    if (before) {
      response.set('idempotent-replayed', 'true').status(before.status).json(before.body);
      return;
    }
    underWay.add(key);
    response.once('close', () => underWay.delete(key));
    const json = response.json.bind(response);
    response.json = (body: unknown) => {
      if (response.statusCode < 500) known.set(key, { asked, status: response.statusCode, body });
      return json(body);
    };
    await wait(underWayMs);
    next();
  };
}

export const refusals: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (error instanceof StripeRefusal) response.status(error.status).json({ error: error.body });
  else next(error);
};
