export const packageName = 'com.example.sandbox';

/** The states of a subscription; of what is bought once `PENDING`, `ACTIVE` and `CANCELED`. */
export type State =
  | 'PENDING'
  | 'PENDING_PURCHASE_CANCELED'
  | 'ACTIVE'
  | 'CANCELED'
  | 'IN_GRACE_PERIOD'
  | 'ON_HOLD'
  | 'PAUSED'
  | 'EXPIRED';

/** What Google Play remembers of a purchase. Times are milliseconds by the store's own clock. */
export interface Purchase {
  token: string;
  kind: 'subscription' | 'one-time';
  product: string;
  /** The obfuscated id of the app's account. */
  account: string | undefined;
  isTest: boolean;
  state: State;
  boughtAt: number;
  /** Null for what is bought once. */
  expiresAt: number | null;
  periodMs: number;
  resumesAt: number | null;
  acknowledged: boolean;
  /** The token of the purchase that this one stands in for. */
  linked: string | undefined;
  order: Order;
}

export interface Order {
  id: string;
  createdAt: number;
  refundedAt: number | null;
}

const dayMs = 86_400_000;

/** What this app sells, with the days of a period. */
const products: Readonly<Record<string, number | null>> = {
  sandbox_pro_monthly: 30,
  sandbox_pro_yearly: 365,
  sandbox_team_monthly: 30,
  sandbox_archive: null,
};

export const productNames = Object.keys(products);

/** Of a subscription; null for what is bought once. */
export function periodOf(product: string): number | null {
  const days = Object.hasOwn(products, product) ? products[product] : undefined;
  if (days === undefined) throw new Error(`No such product: ${product}`);
  return days === null ? null : days * dayMs;
}

type Told = (at: number) => number;
const timestamp = (at: number | null, told: Told): string | undefined =>
  at === null ? undefined : new Date(told(at)).toISOString();
const acknowledgement = ({ acknowledged }: Purchase): string =>
  `ACKNOWLEDGEMENT_STATE_${acknowledged ? 'ACKNOWLEDGED' : 'PENDING'}`;

/** `SubscriptionPurchaseV2` */
export function subscriptionShown(purchase: Purchase, told: Told): object {
  const { state, account, product } = purchase;
  const renews = !['CANCELED', 'EXPIRED', 'PENDING_PURCHASE_CANCELED'].includes(state);
  const isPaid = !state.startsWith('PENDING');
  return {
    kind: 'androidpublisher#subscriptionPurchaseV2',
    regionCode: 'US',
    subscriptionState: `SUBSCRIPTION_STATE_${state}`,
    latestOrderId: purchase.order.id,
    ...(isPaid && { startTime: timestamp(purchase.boughtAt, told) }),
    ...(purchase.linked !== undefined && { linkedPurchaseToken: purchase.linked }),
    ...(state === 'PAUSED' && {
      pausedStateContext: { autoResumeTime: timestamp(purchase.resumesAt, told) },
    }),
    ...(state === 'CANCELED' && { canceledStateContext: { userInitiatedCancellation: {} } }),
    ...(purchase.isTest && { testPurchase: {} }),
    ...(account !== undefined && {
      externalAccountIdentifiers: { obfuscatedExternalAccountId: account },
    }),
    acknowledgementState: acknowledgement(purchase),
    lineItems: [
      {
        productId: product,
        ...(isPaid && { expiryTime: timestamp(purchase.expiresAt, told) }),
        latestSuccessfulOrderId: purchase.order.id,
        autoRenewingPlan: renews ? { autoRenewEnabled: true } : {},
        offerDetails: { basePlanId: 'base' },
      },
    ],
  };
}

/** `ProductPurchaseV2` */
export function productShown(purchase: Purchase, told: Told): object {
  const state =
    { PENDING: 'PENDING', ACTIVE: 'PURCHASED' }[purchase.state as string] ?? 'CANCELLED';
  return {
    kind: 'androidpublisher#productPurchaseV2',
    regionCode: 'US',
    orderId: purchase.order.id,
    productLineItem: [
      {
        productId: purchase.product,
        productOfferDetails: {
          quantity: 1,
          consumptionState: 'CONSUMPTION_STATE_YET_TO_BE_CONSUMED',
        },
      },
    ],
    purchaseStateContext: { purchaseState: state },
    ...(purchase.isTest && { testPurchaseContext: { fopType: 'TEST' } }),
    ...(purchase.account !== undefined && { obfuscatedExternalAccountId: purchase.account }),
    ...(state !== 'PENDING' && { purchaseCompletionTime: timestamp(purchase.boughtAt, told) }),
    acknowledgementState: acknowledgement(purchase),
  };
}

/** `Order` */
export function orderShown({ order, token, state }: Purchase, told: Told): object {
  const eventTime = timestamp(order.refundedAt, told);
  return {
    orderId: order.id,
    purchaseToken: token,
    state: eventTime ? 'REFUNDED' : state === 'PENDING' ? 'PENDING' : 'PROCESSED',
    createTime: timestamp(order.createdAt, told),
    lastEventTime: eventTime ?? timestamp(order.createdAt, told),
    orderHistory: {
      processedEvent: { eventTime: timestamp(order.createdAt, told) },
      ...(eventTime && { refundEvent: { eventTime, refundReason: 'OTHER' } }),
    },
  };
}
