import { randomBytes } from 'node:crypto';
import type { Price, StripeObject } from './objects.ts';

const day = 86_400;

/** Seconds of a period. Stripe's months differ in length; here they do not, so that a test can count. */
export const periodSeconds = { month: 30 * day, year: 365 * day } as const;

/** Without an interval it is paid once. */
const price = (
  id: string,
  product: string,
  amount: number,
  interval?: 'month' | 'year',
): Price => ({
  id,
  object: 'price',
  product,
  unit_amount: amount,
  currency: 'usd',
  type: interval === undefined ? 'one_time' : 'recurring',
  recurring: interval === undefined ? null : { interval, interval_count: 1 },
});

/** What this account sells. */
export const prices: readonly Price[] = [
  price('price_sandbox_pro_monthly', 'prod_sandbox_pro', 900, 'month'),
  price('price_sandbox_pro_yearly', 'prod_sandbox_pro', 9_000, 'year'),
  price('price_sandbox_team_monthly', 'prod_sandbox_team', 2_900, 'month'),
  // In no table of products: what is sold beside them.
  price('price_sandbox_support', 'prod_sandbox_support', 500, 'month'),
  price('price_sandbox_archive', 'prod_sandbox_archive', 4_900),
];

/** How an event gets out. */
export type Emit = (type: string, object: StripeObject, previous?: Record<string, unknown>) => void;

type Kind = StripeObject['object'];
type OfKind<K extends Kind> = Extract<StripeObject, { object: K }>;

/** All objects of the account by their ids, and its clock. */
export interface Store {
  newId(prefix: string): string;
  /** Seconds since 1970, by the account's own clock. */
  now(): number;
  advance(seconds: number): void;
  add<T extends StripeObject>(object: T): T;
  find(id: string): StripeObject | undefined;
  get<K extends Kind>(kind: K, id: string): OfKind<K> | undefined;
  /** Newest first, as Stripe lists. */
  list<K extends Kind>(kind: K): OfKind<K>[];
}

export function createStore(): Store {
  const objects = new Map<string, StripeObject>(prices.map((each) => [each.id, each]));
  let ahead = 0;
  const store: Store = {
    newId: (prefix) => `${prefix}_${randomBytes(12).toString('hex')}`,
    now: () => Math.floor(Date.now() / 1_000) + ahead,
    advance(seconds) {
      ahead += seconds;
    },
    add(object) {
      objects.set(object.id, object);
      return object;
    },
    find: (id) => objects.get(id),
    get<K extends Kind>(kind: K, id: string) {
      const found = objects.get(id);
      return found?.object === kind ? (found as OfKind<K>) : undefined;
    },
    list: <K extends Kind>(kind: K) =>
      [...objects.values()].filter((each): each is OfKind<K> => each.object === kind).reverse(),
  };
  return store;
}
