import { randomInt } from 'node:crypto';
import type { Purchase } from './purchases.ts';

/** Everything that was bought, and the clock. */
export interface Store {
  newId(): string;
  /** Milliseconds since 1970, by the store's own clock. */
  now(): number;
  /**
   * A moment of the store as it tells it. The store's clock may be ahead of everybody else's; so that what it says is coherent to
   * a server, whose clock is the machine's, it is told as if the past had been longer ago.
   */
  told(at: number): number;
  advance(ms: number): void;
  add(purchase: Purchase): Purchase;
  /** By any of its transactions. */
  find(transactionId: string): Purchase | undefined;
  /** Another transaction of a purchase. */
  alias(transactionId: string, purchase: Purchase): void;
  all(): Purchase[];
  ofAccount(account: string): Purchase[];
}

export function createStore(): Store {
  const byTransaction = new Map<string, Purchase>();
  let ahead = 0;
  let last = 2_000_000_000_000_000 + randomInt(1_000_000) * 1_000;
  const all = () => [...new Set(byTransaction.values())];
  return {
    newId: () => String((last += 1)),
    now: () => Date.now() + ahead,
    told: (at) => at - ahead,
    advance(ms) {
      ahead += ms;
    },
    add(purchase) {
      byTransaction.set(purchase.originalTransactionId, purchase);
      return purchase;
    },
    find: (id) => byTransaction.get(id),
    alias(id, purchase) {
      byTransaction.set(id, purchase);
    },
    all,
    ofAccount: (account) => all().filter((each) => each.account === account),
  };
}
