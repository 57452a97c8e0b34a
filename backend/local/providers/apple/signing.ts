import { randomUUID } from 'node:crypto';
import type { Authority } from './certificates.ts';
import { type Purchase, statusOf } from './purchases.ts';
import type { Store } from './store.ts';

export const app = { bundleId: 'dev.bulwark.sandbox', appAppleId: 1_234_567_890 } as const;

/** A notification before it is signed: anew for each try. */
export interface Notification {
  id: string;
  /** Type and subtype, for lists. */
  type: string;
  notificationType: string;
  subtype: string | undefined;
  purchase: Purchase | undefined;
  environment: Purchase['environment'];
}

/** What the App Store signs, as its types are called in the App Store Server API. */
export interface Signing {
  transaction(purchase: Purchase): string;
  renewalInfo(purchase: Purchase): string;
  notification(notification: Notification): string;
}

export function createSigning(authority: Authority, store: Store): Signing {
  const signing: Signing = {
    transaction(purchase) {
      const { product, revoked, expiresDate, appAccountToken } = purchase;
      return authority.sign({
        transactionId: purchase.transactionId,
        originalTransactionId: purchase.originalTransactionId,
        bundleId: app.bundleId,
        productId: product.id,
        ...(product.group === undefined ? {} : { subscriptionGroupIdentifier: product.group }),
        purchaseDate: store.told(purchase.purchaseDate),
        originalPurchaseDate: store.told(purchase.originalPurchaseDate),
        ...(expiresDate === null ? {} : { expiresDate: store.told(expiresDate) }),
        quantity: 1,
        type: product.type,
        ...(appAccountToken === undefined ? {} : { appAccountToken }),
        inAppOwnershipType: purchase.familyShared ? 'FAMILY_SHARED' : 'PURCHASED',
        signedDate: Date.now(),
        ...(revoked === null
          ? {}
          : {
              revocationDate: store.told(revoked.at),
              revocationReason: 0,
              revocationType: revoked.type,
            }),
        environment: purchase.environment,
        transactionReason: 'PURCHASE',
        storefront: 'USA',
        storefrontId: '143441',
        price: product.price,
        currency: 'USD',
      });
    },
    renewalInfo(purchase) {
      const { graceEndsAt, expiresDate } = purchase;
      return authority.sign({
        originalTransactionId: purchase.originalTransactionId,
        autoRenewProductId: purchase.product.id,
        productId: purchase.product.id,
        autoRenewStatus: purchase.autoRenews ? 1 : 0,
        isInBillingRetryPeriod: purchase.billingRetry,
        ...(graceEndsAt === null ? {} : { gracePeriodExpiresDate: store.told(graceEndsAt) }),
        signedDate: Date.now(),
        environment: purchase.environment,
        recentSubscriptionStartDate: store.told(purchase.originalPurchaseDate),
        ...(expiresDate === null ? {} : { renewalDate: store.told(expiresDate) }),
      });
    },
    notification({ id, notificationType, subtype, purchase, environment }) {
      const renews = purchase?.expiresDate !== null;
      return authority.sign({
        notificationType,
        ...(subtype === undefined ? {} : { subtype }),
        notificationUUID: id,
        version: '2.0',
        signedDate: Date.now(),
        data: {
          ...app,
          bundleVersion: '1',
          environment,
          ...(purchase === undefined
            ? {}
            : {
                signedTransactionInfo: signing.transaction(purchase),
                ...(renews && {
                  status: statusOf(purchase, store.now()),
                  signedRenewalInfo: signing.renewalInfo(purchase),
                }),
              }),
        },
      });
    },
  };
  return signing;
}

export const newNotification = (
  notificationType: string,
  purchase?: Purchase,
  subtype?: string,
): Notification => ({
  id: randomUUID(),
  type: subtype === undefined ? notificationType : `${notificationType}/${subtype}`,
  notificationType,
  subtype,
  purchase,
  environment: purchase?.environment ?? 'Sandbox',
});
