/** What the App Store remembers of a purchase. Times are milliseconds by the store's own clock. */
export interface Purchase {
  originalTransactionId: string;
  /** Whose Apple account; what one account has bought is answered together. */
  account: string;
  appAccountToken: string | undefined;
  environment: 'Production' | 'Sandbox';
  familyShared: boolean;
  product: Product;
  originalPurchaseDate: number;
  /** Of the present transaction. */
  transactionId: string;
  purchaseDate: number;
  /** Null for what does not renew. */
  expiresDate: number | null;
  periodMs: number;
  autoRenews: boolean;
  /** A payment is outstanding. */
  billingRetry: boolean;
  graceEndsAt: number | null;
  revoked: { at: number; type: 'REFUND_FULL' | 'FAMILY_REVOKE' } | null;
  /** That it is over was told. */
  toldExpired: boolean;
}

export interface Product {
  id: string;
  type: 'Auto-Renewable Subscription' | 'Non-Consumable';
  /** Of a subscription. */
  group?: string;
  periodMs?: number;
  /** In thousandths. */
  price: number;
}

const dayMs = 86_400_000;
const subscription = (id: string, days: number, price: number): Product => ({
  id,
  type: 'Auto-Renewable Subscription',
  group: '20000001',
  periodMs: days * dayMs,
  price,
});

/** What this app sells. */
export const products: readonly Product[] = [
  subscription('sandbox.pro.monthly', 30, 9_990),
  subscription('sandbox.pro.yearly', 365, 89_990),
  subscription('sandbox.team.monthly', 30, 29_990),
  { id: 'sandbox.archive', type: 'Non-Consumable', price: 49_990 },
];

export const productOf = (id: string): Product => {
  const found = products.find((each) => each.id === id);
  if (!found) throw new Error(`No such product: ${id}`);
  return found;
};

/** 1 active, 2 expired, 3 billing retry, 4 grace, 5 revoked. */
export function statusOf(purchase: Purchase, now: number): 1 | 2 | 3 | 4 | 5 {
  if (purchase.revoked) return 5;
  if (purchase.expiresDate === null || now < purchase.expiresDate) return 1;
  if (!purchase.billingRetry) return 2;
  return purchase.graceEndsAt !== null && now < purchase.graceEndsAt ? 4 : 3;
}
