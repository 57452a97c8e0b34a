import type { AppError, ErrorCode } from '../../kernel/errors/index.ts';
import { route, type Route } from '../../kernel/http/index.ts';
import { upstreamErrors } from '../../kernel/resilience/index.ts';
import { Joi, listOf, nullable, shape } from '../../kernel/schema/index.ts';
import { ownEntitlement, ownPurchase } from './schema.ts';
import { asRefusal, type Presented, type StorePurchases } from './store-purchase.ts';

/** What differs between the stores. `B` and `R`: the bodies of the two routes; `T`: what is presented, such as a token. */
export interface Store<B, R, T> {
  /** Also the path: `/purchases/<name>`. */
  name: 'apple' | 'google';
  /** For people. */
  title: string;
  body: Joi.ObjectSchema<B>;
  itemOf: (body: B) => T;
  restoreBody: Joi.ObjectSchema<R>;
  itemsOf: (body: R) => readonly T[];
  /**
   * Asks the store. Rejects with PURCHASE_INVALID where it does not know it, and with UPSTREAM_UNAVAILABLE and its kin where
   * nobody can tell: then the app presents it again.
   */
  find: (item: T, signal: AbortSignal) => Promise<Presented>;
  /** Codes of `find` beyond PURCHASE_INVALID. */
  errors?: readonly ErrorCode[];
}

const at = Joi.date().iso().description('The moment for which this is true');
const entitlements = listOf(ownEntitlement).description('What may be used now, one a name');
const taken = shape({ at, purchase: ownPurchase, entitlements });
const restored = shape({
  at,
  results: listOf(
    shape({
      purchase: nullable(ownPurchase),
      error: nullable(Joi.string()).description('Why this one was refused'),
    }),
  ).description('In the order of what was sent'),
  entitlements,
});

/** `POST /purchases/<store>` and `POST /purchases/<store>/restore`. */
export function storeRoutes<B, R, T>(store: Store<B, R, T>, purchases: StorePurchases): Route[] {
  const { name, title, find } = store;
  const common = { method: 'post', tag: 'billing', auth: 'user', rateLimit: 'expensive' } as const;
  const errors: readonly ErrorCode[] = [...upstreamErrors, 'CONFLICT', ...(store.errors ?? [])];

  async function* each(
    items: readonly T[],
    signal: AbortSignal,
  ): AsyncGenerator<Presented | AppError> {
    for (const item of items) yield await find(item, signal).catch(asRefusal);
  }

  return [
    route({
      ...common,
      path: `/purchases/${name}`,
      summary: `Present what I have bought in ${title}`,
      description:
        'The store is asked whether it is so. The same purchase may be presented again, and answers the same.',
      body: store.body,
      responses: { 200: { description: 'It is mine', body: taken } },
      errors: [...errors, 'PURCHASE_OWNED', 'PURCHASE_INVALID'],
      handler: async ({ caller, body, signal }) => ({
        body: await purchases.take(caller, await find(store.itemOf(body), signal), signal),
      }),
    }),
    route({
      ...common,
      path: `/purchases/${name}/restore`,
      summary: `Restore what I have bought in ${title}`,
      description: 'One that is refused holds up no other.',
      body: store.restoreBody,
      responses: { 200: { description: 'What became of each', body: restored } },
      errors,
      handler: async ({ caller, body, signal }) => ({
        body: await purchases.restore(caller, each(store.itemsOf(body), signal), signal),
      }),
    }),
  ];
}
