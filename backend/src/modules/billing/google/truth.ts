import type { PurchaseTruth } from '../truth.ts';
import type { OrderAnswer, ProductAnswer, SubscriptionAnswer } from './answers.ts';

/** What is known beside Google's answer. */
export interface Around {
  key: string;
  packageName: string;
  observedAt: Date;
  /** When it was first heard of: stands in for a start that Google does not tell before it is paid. */
  firstSeenAt: Date;
  /** From when on another purchase stands in its place. */
  replacedAt: Date | null;
  /** Of what Google says was paid for it last. */
  order: OrderAnswer | undefined;
  isSold: (productId: string) => boolean;
}

/** A truth, and what of it concerns the dealings with Google alone. */
export interface Found {
  truth: PurchaseTruth;
  /** It is paid, and Google waits for our word. */
  wantsAcknowledgement: boolean;
  /** A token: the purchase that this one has replaced. */
  replaces: string | null;
}

const pending = 'ACKNOWLEDGEMENT_STATE_PENDING';
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Apps are to give the user's id; what else stands there says nothing about whose it is. */
const userOf = (account: string | undefined): string | null =>
  account !== undefined && uuid.test(account) ? account.toLowerCase() : null;

export function subscriptionTruth(answer: SubscriptionAnswer, around: Around): Found {
  const { subscriptionState: stateName, startTime, testPurchase, pausedStateContext } = answer;
  const state = stateName.replace(/^SUBSCRIPTION_STATE_/, '');
  const item = itemOf(answer, around.isSold);
  const startedAt = startTime ?? around.firstSeenAt;
  const isPending = state === 'PENDING';
  const isOver = state === 'EXPIRED' || state === 'PENDING_PURCHASE_CANCELED';
  // Nothing was ever paid, so nothing was ever given.
  const endsAt = state === 'PENDING_PURCHASE_CANCELED' ? startedAt : (item.expiryTime ?? null);
  const pausedUntil =
    state === 'PAUSED' ? (pausedStateContext?.autoResumeTime ?? 'open-ended') : null;
  return {
    truth: {
      ...base(around),
      userId: userOf(answer.externalAccountIdentifiers?.obfuscatedExternalAccountId),
      productId: item.productId,
      kind: 'subscription',
      environment: testPurchase === undefined ? 'production' : 'sandbox',
      startedAt,
      periodEndsAt: isPending ? null : (endsAt ?? startedAt),
      // Google moves the end on for as long as the grace lasts.
      graceEndsAt: state === 'IN_GRACE_PERIOD' ? endsAt : null,
      autoRenews: !isOver && item.autoRenewingPlan?.autoRenewEnabled === true,
      pausedUntil,
      // A state that is not known gives nothing: it was not known when this was written.
      onHold: !given.has(state),
      revokedAt: around.replacedAt,
      manageUrl: `https://play.google.com/store/account/subscriptions?sku=${encodeURIComponent(item.productId)}&package=${around.packageName}`,
    },
    wantsAcknowledgement: answer.acknowledgementState === pending && paid.has(state),
    // While it is not paid the one before it goes on.
    replaces: unpaid.has(state) ? null : (answer.linkedPurchaseToken ?? null),
  };
}

const unpaid = new Set(['PENDING', 'PENDING_PURCHASE_CANCELED']);
const paid = new Set(['ACTIVE', 'CANCELED', 'IN_GRACE_PERIOD']);
/** In these the dates say what may be used. */
const given = new Set([...paid, 'PAUSED', 'EXPIRED', 'PENDING_PURCHASE_CANCELED']);

/** Of several, as add-ons make them, one that we sell, and of those the one that lasts longest. */
function itemOf({ lineItems }: SubscriptionAnswer, isSold: Around['isSold']) {
  const end = ({ expiryTime }: (typeof lineItems)[number]) => expiryTime?.getTime() ?? 0;
  const [item] = [...lineItems].sort(
    (one, other) =>
      Number(isSold(other.productId)) - Number(isSold(one.productId)) || end(other) - end(one),
  );
  if (item === undefined) throw new Error('A subscription without an item');
  return item;
}

export function productTruth(answer: ProductAnswer, around: Around): Found {
  const { purchaseStateContext, productLineItem, purchaseCompletionTime } = answer;
  const state = purchaseStateContext.purchaseState;
  const startedAt = purchaseCompletionTime ?? around.firstSeenAt;
  const item = productLineItem.find(({ productId }) => around.isSold(productId));
  const { refundedAt, ...rest } = base(around);
  const cancelledAt = around.order?.orderHistory?.cancellationEvent?.eventTime ?? startedAt;
  return {
    truth: {
      ...rest,
      refundedAt,
      userId: userOf(answer.obfuscatedExternalAccountId),
      productId: item?.productId ?? productLineItem[0]?.productId ?? '',
      kind: 'one-time',
      environment: answer.testPurchaseContext === undefined ? 'production' : 'sandbox',
      startedAt,
      periodEndsAt: null,
      graceEndsAt: null,
      autoRenews: false,
      pausedUntil: null,
      onHold: state !== 'PURCHASED' && state !== 'CANCELLED',
      // Also what Google itself takes back, such as where it was not acknowledged.
      revokedAt: state === 'CANCELLED' && refundedAt === null ? cancelledAt : null,
      manageUrl: null,
    },
    wantsAcknowledgement: answer.acknowledgementState === pending && state === 'PURCHASED',
    replaces: null,
  };
}

const base = ({ key, observedAt, order }: Around) => ({
  provider: 'google' as const,
  key,
  observedAt,
  version: null,
  refundedAt: refundOf(order),
  partRefund: null,
});

/** Charged back is refunded, too; a part of the money is not. */
const refundOf = (order: OrderAnswer | undefined): Date | null =>
  order?.state === 'REFUNDED'
    ? (order.orderHistory?.refundEvent?.eventTime ?? order.lastEventTime ?? null)
    : null;
