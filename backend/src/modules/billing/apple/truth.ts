import {
  AutoRenewStatus,
  InAppOwnershipType,
  RevocationType,
  Status,
  Type,
  type JWSRenewalInfoDecodedPayload,
  type JWSTransactionDecodedPayload,
} from '@apple/app-store-server-library';
import type { PurchaseTruth } from '../truth.ts';

export type Transaction = JWSTransactionDecodedPayload;
export type RenewalInfo = JWSRenewalInfoDecodedPayload;

/** Where a subscription stands by Apple's word. */
export interface Standing {
  status: Status | number | undefined;
  renewal: RenewalInfo;
}

const manageUrl = 'https://apps.apple.com/account/subscriptions';
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const date = (ms: number): Date => new Date(ms);
const dateOrNull = (ms: number | undefined): Date | null => (ms === undefined ? null : date(ms));

/** A purchase of the App Store in the words of all providers. `standing` where it is a subscription. */
export function truthOf(
  transaction: Transaction,
  standing: Standing | undefined,
  observedAt: Date,
): PurchaseTruth {
  const { originalTransactionId, productId, originalPurchaseDate, appAccountToken } = transaction;
  const startedAt = originalPurchaseDate ?? transaction.purchaseDate;
  if (originalTransactionId === undefined || productId === undefined || startedAt === undefined)
    throw new Error('A transaction of Apple lacks what names it');
  const isSubscription = transaction.type === Type.AUTO_RENEWABLE_SUBSCRIPTION;
  const owner = appAccountToken ?? standing?.renewal.appAccountToken ?? '';
  return {
    provider: 'apple',
    key: originalTransactionId,
    userId: uuid.test(owner) ? owner.toLowerCase() : null,
    productId,
    kind: isSubscription ? 'subscription' : 'one-time',
    environment: transaction.environment === 'Production' ? 'production' : 'sandbox',
    startedAt: date(startedAt),
    periodEndsAt: endOf(transaction),
    ...renewalOf(standing),
    pausedUntil: null,
    ...takenAway(transaction),
    partRefund: null,
    manageUrl: isSubscription ? manageUrl : null,
    observedAt,
    version: null,
  };
}

/** Apple does not know how long a subscription that does not renew is for: it gives nothing rather than for ever. */
function endOf({ type, expiresDate, purchaseDate }: Transaction): Date | null {
  const isForGood = type === Type.NON_CONSUMABLE || type === Type.CONSUMABLE;
  return dateOrNull(expiresDate ?? (isForGood ? undefined : (purchaseDate ?? 0)));
}

function renewalOf(
  standing: Standing | undefined,
): Pick<PurchaseTruth, 'graceEndsAt' | 'autoRenews' | 'onHold'> {
  if (standing === undefined) return { graceEndsAt: null, autoRenews: false, onHold: false };
  const { status, renewal } = standing;
  const isInGrace = status === Status.BILLING_GRACE_PERIOD;
  const graceEndsAt = isInGrace ? dateOrNull(renewal.gracePeriodExpiresDate) : null;
  return {
    graceEndsAt,
    autoRenews:
      renewal.autoRenewStatus === AutoRenewStatus.ON &&
      status !== Status.EXPIRED &&
      status !== Status.REVOKED,
    onHold: status === Status.BILLING_RETRY || (isInGrace && graceEndsAt === null),
  };
}

/** Money back is a refund; a family that shares no more, and an upgrade that has replaced it, take it away otherwise. */
function takenAway({
  revocationDate,
  revocationType,
  inAppOwnershipType,
  isUpgraded,
  purchaseDate,
}: Transaction): Pick<PurchaseTruth, 'refundedAt' | 'revokedAt'> {
  const at = dateOrNull(revocationDate);
  const isFamilys =
    revocationType === RevocationType.FAMILY_REVOKE ||
    (revocationType === undefined && inAppOwnershipType === InAppOwnershipType.FAMILY_SHARED);
  const replacedAt = isUpgraded === true ? dateOrNull(purchaseDate) : null;
  return isFamilys
    ? { refundedAt: null, revokedAt: at ?? replacedAt }
    : { refundedAt: at, revokedAt: replacedAt };
}
