import type { Moment, Person } from './types.ts';

/** What users have bought, as the admin API of billing answers. */
export const sellers = ['stripe', 'apple', 'google'] as const;
export type Seller = (typeof sellers)[number];

export const purchaseStates = [
  'active',
  'cancelled',
  'grace',
  'on-hold',
  'paused',
  'refunded',
  'revoked',
  'expired',
] as const;
export type PurchaseState = (typeof purchaseStates)[number];

export interface Purchase {
  id: string;
  provider: Seller;
  key: string;
  user: Person | null;
  productId: string;
  /** Null where it is not in the table of products. */
  product: { id: string; title: string } | null;
  kind: 'subscription' | 'one-time';
  environment: 'production' | 'sandbox';
  state: PurchaseState;
  grants: boolean;
  since: Moment;
  periodEndsAt: Moment | null;
  graceEndsAt: Moment | null;
  autoRenews: boolean;
  /** A moment, or `open-ended`. */
  pausedUntil: string | null;
  refundedAt: Moment | null;
  partRefund: string | null;
  revokedAt: Moment | null;
  manageUrl: string | null;
  observedAt: Moment;
  changesAt: Moment | null;
}

export interface PurchaseFilter {
  provider?: string | undefined;
  state?: string | undefined;
  search?: string | undefined;
}

export interface HistoryEntry {
  id: string;
  at: Moment;
  source: 'app' | 'webhook' | 'reconciliation' | 'operator' | 'time';
  reference: string | null;
  stateBefore: PurchaseState | null;
  stateAfter: PurchaseState;
  /** Each field as [before, after]. */
  changes: Record<string, [before: unknown, after: unknown]>;
}

export interface FraudSignal {
  purchaseId: string;
  provider: Seller;
  productId: string;
  /** Null where it is not in the table of products. */
  product: { id: string; title: string } | null;
  claimant: Person | null;
  owner: Person | null;
  source: string;
  times: number;
  firstAt: Moment;
  lastAt: Moment;
}

export interface Entitlement {
  name: string;
  state: PurchaseState;
  product: { id: string; title: string };
  provider: Seller;
  since: Moment;
  /** Null where nothing ends it. */
  until: Moment | null;
  renews: boolean;
  purchaseId: string;
}

export interface Customer {
  user: Person;
  accounts: { provider: Seller; customerId: string; createdAt: Moment }[];
  entitlements: Entitlement[];
  purchases: Purchase[];
  signals: FraudSignal[];
}

export interface PurchaseDetails {
  purchase: Purchase;
  history: HistoryEntry[];
  signals: FraudSignal[];
}

export interface Reconciliation {
  id: string;
  /** Null for that of one user. */
  provider: Seller | null;
  startedBy: 'schedule' | 'operator';
  status: 'running' | 'completed' | 'incomplete' | 'failed';
  checked: number;
  corrected: number;
  found: number;
  unknown: number;
  failed: number;
  errorCode: string | null;
  startedAt: Moment;
  endedAt: Moment | null;
}

export interface Drift {
  id: string;
  purchaseId: string;
  provider: Seller;
  user: Person | null;
  productId: string;
  kind: string;
  guess: string;
  stateBefore: PurchaseState | null;
  stateAfter: PurchaseState | null;
  changes: Record<string, unknown>;
  since: Moment;
  foundAt: Moment;
  correctedAt: Moment | null;
}
