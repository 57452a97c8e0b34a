import { randomBytes, randomInt } from 'node:crypto';
import type { Order, Purchase } from './purchases.ts';

/** Everything that was bought, and the clock. */
export interface Store {
  newToken(): string;
  /** Of a renewal, where there is one before it. */
  newOrder(before?: Order): Order;
  /** Milliseconds since 1970, by the store's own clock. */
  now(): number;
  /** As it is told: to a server, whose clock is the machine's, the past was longer ago by as much as this clock is ahead. */
  told(at: number): number;
  advance(ms: number): void;
  add(purchase: Purchase): Purchase;
  find(token: string): Purchase | undefined;
  ofOrder(id: string): Purchase | undefined;
  /** By any of its orders. */
  numbered(order: string): Purchase | undefined;
  all(): Purchase[];
}

const digits = (count: number): string => String(randomInt(10 ** (count - 1), 10 ** count));

/** That of a purchase's first order, which those of its renewals begin with: `GPA.1-2-3-4`, `GPA.1-2-3-4..0`, `GPA.1-2-3-4..1`. */
export const numberOf = (order: string): string => order.replace(/\.\.\d+$/, '');

function renewalOf(before: Order): string {
  const [, last] = before.id.split('..');
  return `${numberOf(before.id)}..${last === undefined ? 0 : Number(last) + 1}`;
}

export function createStore(): Store {
  const purchases = new Map<string, Purchase>();
  let ahead = 0;
  const store: Store = {
    newToken: () =>
      `${randomBytes(12).toString('hex')}.AO-J1O${randomBytes(60).toString('base64url')}`,
    newOrder: (before) => ({
      id: before ? renewalOf(before) : `GPA.${digits(4)}-${digits(4)}-${digits(4)}-${digits(5)}`,
      createdAt: store.now(),
      refundedAt: null,
    }),
    now: () => Date.now() + ahead,
    told: (at) => at - ahead,
    advance(ms) {
      ahead += ms;
    },
    add(purchase) {
      purchases.set(purchase.token, purchase);
      return purchase;
    },
    find: (token) => purchases.get(token),
    ofOrder: (id) => store.all().find(({ order }) => order.id === id),
    numbered: (id) => store.all().find(({ order }) => numberOf(order.id) === numberOf(id)),
    all: () => [...purchases.values()],
  };
  return store;
}
