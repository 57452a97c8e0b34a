import {
  productEvent,
  subscriptionEvent,
  voidedEvent,
  type SubscriptionEvent,
} from './notifications.ts';
import { periodOf, type Purchase } from './purchases.ts';
import type { Store } from './store.ts';

const dayMs = 86_400_000;
const graceMs = 7 * dayMs;
const pauseMs = 30 * dayMs;
/** Within these the app's server has to acknowledge. */
const acknowledgeWithinMs = 3 * dayMs;

export interface Wish {
  product: string;
  account?: string | undefined;
  isTest?: boolean | undefined;
  /** Otherwise that of the product. */
  periodMs?: number | undefined;
  /** Paid later, such as in cash. */
  isPending?: boolean | undefined;
  linked?: string | undefined;
}

/** What happens to purchases, each with the notification that Google Play sends for it. */
export interface Account {
  buy(wish: Wish): Purchase;
  /** What was pending is paid, or given up. */
  pay(purchase: Purchase): void;
  giveUp(purchase: Purchase): void;
  renew(purchase: Purchase): void;
  /** The period ends now and is not paid: grace, and without it on hold. */
  failCard(purchase: Purchase, graceMs?: number): void;
  hold(purchase: Purchase): void;
  recover(purchase: Purchase): void;
  cancel(purchase: Purchase): void;
  pause(purchase: Purchase, forMs?: number): void;
  resume(purchase: Purchase): void;
  /** The money goes back, and what was bought stays. */
  refund(purchase: Purchase): void;
  /** The money goes back, and what was bought ends. */
  revoke(purchase: Purchase): void;
  /** Another purchase stands in its place, once it is paid. */
  upgrade(purchase: Purchase, product: string, isPending?: boolean): Purchase;
  /** The clock goes on; what falls due on the way happens. */
  advance(ms: number): void;
}

export function createAccount(
  store: Store,
  send: (type: string, content: object) => unknown,
): Account {
  const { now } = store;
  const tell = (event: SubscriptionEvent, { token }: Purchase) =>
    send(`subscription.${event}`, subscriptionEvent(event, token));
  const tellProduct = (event: 'purchased' | 'canceled', { token, product }: Purchase) =>
    send(`one-time.${event}`, productEvent(event, token, product));

  /** From this moment on, for a period. */
  function begin(purchase: Purchase, from: number): void {
    purchase.state = 'ACTIVE';
    purchase.order = store.newOrder(purchase.order);
    purchase.expiresAt = from + purchase.periodMs;
  }
  function end(purchase: Purchase): void {
    Object.assign(purchase, { state: 'EXPIRED', expiresAt: now() });
  }
  function bought(purchase: Purchase): void {
    if (purchase.kind === 'subscription') tell('purchased', purchase);
    else tellProduct('purchased', purchase);
  }

  const account: Account = {
    buy({ product, account: whose, isTest = true, periodMs, isPending = false, linked }) {
      const length = periodOf(product);
      const period = periodMs ?? length ?? 0;
      const purchase = store.add({
        token: store.newToken(),
        kind: length === null ? 'one-time' : 'subscription',
        product,
        account: whose,
        isTest,
        state: isPending ? 'PENDING' : 'ACTIVE',
        boughtAt: now(),
        expiresAt: length === null ? null : now() + period,
        periodMs: period,
        resumesAt: null,
        acknowledged: false,
        linked,
        order: store.newOrder(),
      });
      if (!isPending) bought(purchase);
      return purchase;
    },
    pay(purchase) {
      if (purchase.state !== 'PENDING') throw new Error('It is not pending');
      purchase.boughtAt = now();
      purchase.state = 'ACTIVE';
      if (purchase.expiresAt !== null) purchase.expiresAt = now() + purchase.periodMs;
      const before = store.find(purchase.linked ?? '');
      if (before) end(before);
      bought(purchase);
      if (before) tell('expired', before);
    },
    giveUp(purchase) {
      if (purchase.state !== 'PENDING') throw new Error('It is not pending');
      const isSubscription = purchase.kind === 'subscription';
      purchase.state = isSubscription ? 'PENDING_PURCHASE_CANCELED' : 'CANCELED';
      if (isSubscription) tell('pending-purchase-canceled', purchase);
      else tellProduct('canceled', purchase);
    },
    renew(purchase) {
      begin(purchase, purchase.expiresAt ?? now());
      tell('renewed', purchase);
    },
    failCard(purchase, grace = graceMs) {
      if (grace <= 0) {
        account.hold(purchase);
        return;
      }
      Object.assign(purchase, { state: 'IN_GRACE_PERIOD', expiresAt: now() + grace });
      tell('in-grace-period', purchase);
    },
    hold(purchase) {
      Object.assign(purchase, { state: 'ON_HOLD', expiresAt: now() });
      tell('on-hold', purchase);
    },
    recover(purchase) {
      begin(purchase, now());
      tell('recovered', purchase);
    },
    cancel(purchase) {
      purchase.state = 'CANCELED';
      tell('canceled', purchase);
    },
    pause(purchase, forMs = pauseMs) {
      const at = now();
      Object.assign(purchase, { state: 'PAUSED', expiresAt: at, resumesAt: at + forMs });
      tell('paused', purchase);
    },
    resume(purchase) {
      if (purchase.state === 'CANCELED') {
        purchase.state = 'ACTIVE';
        tell('restarted', purchase);
      } else account.recover(purchase);
    },
    refund(purchase) {
      purchase.order.refundedAt = now();
      send(
        `voided.${purchase.kind}`,
        voidedEvent(purchase.kind, purchase.token, purchase.order.id),
      );
    },
    revoke(purchase) {
      const isSubscription = purchase.kind === 'subscription';
      purchase.state = isSubscription ? 'EXPIRED' : 'CANCELED';
      if (isSubscription) purchase.expiresAt = now();
      account.refund(purchase);
      if (isSubscription) tell('revoked', purchase);
    },
    upgrade(purchase, product, isPending = false) {
      if (!isPending) end(purchase);
      const { account: whose, isTest, token: linked } = purchase;
      const next = account.buy({ product, account: whose, isTest, linked, isPending });
      if (!isPending) tell('expired', purchase);
      return next;
    },
    advance(ms) {
      store.advance(ms);
      for (const purchase of store.all()) pass(purchase);
    },
  };

  /** What falls due for one purchase until now. */
  function pass(purchase: Purchase): void {
    const isPaid = ['ACTIVE', 'CANCELED', 'IN_GRACE_PERIOD'].includes(purchase.state);
    if (isPaid && !purchase.acknowledged && purchase.boughtAt + acknowledgeWithinMs <= now()) {
      if (purchase.order.refundedAt === null) account.revoke(purchase);
      return;
    }
    if (purchase.state === 'PAUSED' && (purchase.resumesAt ?? Infinity) <= now())
      account.recover(purchase);
    while (purchase.state === 'ACTIVE' && (purchase.expiresAt ?? Infinity) <= now())
      account.renew(purchase);
    if ((purchase.expiresAt ?? Infinity) > now()) return;
    if (purchase.state === 'IN_GRACE_PERIOD') account.hold(purchase);
    if (purchase.state === 'CANCELED') {
      purchase.state = 'EXPIRED';
      tell('expired', purchase);
    }
  }

  return account;
}
