import { type Product, productOf, type Purchase, statusOf } from './purchases.ts';
import type { Store } from './store.ts';

/** How a notification gets out. */
export type Tell = (notificationType: string, purchase: Purchase, subtype?: string) => void;

const graceMs = 16 * 86_400_000;

export interface Order {
  product: string;
  /** Whose Apple account. */
  account: string;
  appAccountToken?: string | undefined;
  environment?: Purchase['environment'] | undefined;
  familyShared?: boolean | undefined;
  /** Otherwise that of the product. */
  periodMs?: number | undefined;
}

/** What happens to purchases, each with the notification that Apple sends for it. */
export interface Account {
  /** A subscription that the account has had in the same group goes on under its name, for whichever user. */
  buy(order: Order): Purchase;
  /** The next period is paid. */
  renew(purchase: Purchase): void;
  /** The period ends now and its renewal is not paid; usable for so long all the same. */
  failCard(purchase: Purchase, graceMs?: number): void;
  /** Paid after all, from now on. */
  recover(purchase: Purchase): void;
  /** Apple gives up collecting. */
  giveUp(purchase: Purchase): void;
  setRenewal(purchase: Purchase, autoRenews: boolean): void;
  /** The period ends now. */
  expire(purchase: Purchase): void;
  refund(purchase: Purchase): void;
  reverseRefund(purchase: Purchase): void;
  /** It is shared with the family no more. */
  revoke(purchase: Purchase): void;
  upgrade(purchase: Purchase, product: string): void;
  /** The clock goes on; what falls due on the way happens. */
  advance(ms: number): void;
}

export function createAccount(store: Store, tell: Tell): Account {
  function next(purchase: Purchase, from: number, product: Product = purchase.product): void {
    purchase.transactionId = store.newId();
    store.alias(purchase.transactionId, purchase);
    Object.assign(purchase, {
      product,
      purchaseDate: from,
      expiresDate: from + purchase.periodMs,
      billingRetry: false,
      graceEndsAt: null,
      toldExpired: false,
    });
  }

  function endNow(purchase: Purchase): void {
    if (purchase.expiresDate === null) throw new Error('It does not end');
    const by = Math.max(0, purchase.expiresDate - store.now() + 1);
    purchase.expiresDate -= by;
    purchase.purchaseDate -= by;
  }

  const lapsed = (whose: string, { group }: Product, environment: Purchase['environment']) =>
    store
      .ofAccount(whose)
      .find(
        (each) =>
          each.product.group === group &&
          each.environment === environment &&
          [2, 5].includes(statusOf(each, store.now())),
      );

  const account: Account = {
    buy({ product: id, account: whose, appAccountToken, environment, familyShared, periodMs }) {
      const product = productOf(id);
      const [now, transactionId] = [store.now(), store.newId()];
      const isSubscription = product.periodMs !== undefined;
      const length = periodMs ?? product.periodMs ?? 0;
      const before = isSubscription && lapsed(whose, product, environment ?? 'Sandbox');
      if (before) {
        Object.assign(before, {
          appAccountToken,
          periodMs: length,
          autoRenews: true,
          revoked: null,
        });
        next(before, now, product);
        tell('SUBSCRIBED', before, 'RESUBSCRIBE');
        return before;
      }
      const purchase = store.add({
        originalTransactionId: transactionId,
        transactionId,
        account: whose,
        appAccountToken,
        environment: environment ?? 'Sandbox',
        familyShared: familyShared ?? false,
        product,
        originalPurchaseDate: now,
        purchaseDate: now,
        expiresDate: isSubscription ? now + length : null,
        periodMs: length,
        autoRenews: isSubscription,
        billingRetry: false,
        graceEndsAt: null,
        revoked: null,
        toldExpired: false,
      });
      if (isSubscription) tell('SUBSCRIBED', purchase, 'INITIAL_BUY');
      else tell('ONE_TIME_CHARGE', purchase);
      return purchase;
    },
    renew(purchase) {
      next(purchase, purchase.expiresDate ?? store.now());
      tell('DID_RENEW', purchase);
    },
    failCard(purchase, grace = graceMs) {
      endNow(purchase);
      purchase.billingRetry = true;
      purchase.graceEndsAt = grace > 0 ? store.now() + grace : null;
      tell('DID_FAIL_TO_RENEW', purchase, grace > 0 ? 'GRACE_PERIOD' : undefined);
    },
    recover(purchase) {
      if (!purchase.billingRetry) throw new Error('Nothing is outstanding');
      next(purchase, store.now());
      tell('DID_RENEW', purchase, 'BILLING_RECOVERY');
    },
    giveUp(purchase) {
      Object.assign(purchase, { billingRetry: false, graceEndsAt: null, autoRenews: false });
      purchase.toldExpired = true;
      tell('EXPIRED', purchase, 'BILLING_RETRY');
    },
    setRenewal(purchase, autoRenews) {
      purchase.autoRenews = autoRenews;
      const subtype = autoRenews ? 'AUTO_RENEW_ENABLED' : 'AUTO_RENEW_DISABLED';
      tell('DID_CHANGE_RENEWAL_STATUS', purchase, subtype);
    },
    expire(purchase) {
      endNow(purchase);
      Object.assign(purchase, { autoRenews: false, toldExpired: true });
      tell('EXPIRED', purchase, 'VOLUNTARY');
    },
    refund(purchase) {
      purchase.revoked = { at: store.now(), type: 'REFUND_FULL' };
      tell('REFUND', purchase);
    },
    reverseRefund(purchase) {
      purchase.revoked = null;
      tell('REFUND_REVERSED', purchase);
    },
    revoke(purchase) {
      purchase.revoked = { at: store.now(), type: 'FAMILY_REVOKE' };
      tell('REVOKE', purchase);
    },
    upgrade(purchase, id) {
      const product = productOf(id);
      purchase.periodMs = product.periodMs ?? 0;
      next(purchase, store.now(), product);
      tell('DID_CHANGE_RENEWAL_PREF', purchase, 'UPGRADE');
    },
    advance(ms) {
      store.advance(ms);
      const now = store.now();
      for (const purchase of store.all()) pass(purchase, now);
    },
  };

  /** What falls due for one purchase until now. */
  function pass(purchase: Purchase, now: number): void {
    if (purchase.revoked) return;
    while (
      purchase.autoRenews &&
      !purchase.billingRetry &&
      purchase.expiresDate !== null &&
      purchase.expiresDate <= now
    )
      account.renew(purchase);
    if (purchase.expiresDate === null || purchase.expiresDate > now || purchase.toldExpired) return;
    if (!purchase.billingRetry) {
      purchase.toldExpired = true;
      tell('EXPIRED', purchase, 'VOLUNTARY');
    } else if (purchase.graceEndsAt !== null && purchase.graceEndsAt <= now) {
      purchase.graceEndsAt = null;
      tell('GRACE_PERIOD_EXPIRED', purchase);
    }
  }

  return account;
}
