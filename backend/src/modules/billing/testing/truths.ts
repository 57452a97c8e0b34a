import { randomUUID } from 'node:crypto';
import type { Purchase } from '../purchase-row.ts';
import type { PurchaseTruth } from '../truth.ts';

/** A moment this many seconds from now. */
export const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1_000);

/** A running monthly subscription that nobody owns yet, observed now; `fields` say what is different. */
export const truth = (fields: Partial<PurchaseTruth> = {}): PurchaseTruth => ({
  provider: 'stripe',
  key: `sub_${randomUUID()}`,
  userId: null,
  productId: 'price_pro_monthly',
  kind: 'subscription',
  environment: 'production',
  startedAt: inSeconds(-86_400),
  periodEndsAt: inSeconds(29 * 86_400),
  graceEndsAt: null,
  autoRenews: true,
  pausedUntil: null,
  onHold: false,
  refundedAt: null,
  partRefund: null,
  revokedAt: null,
  manageUrl: 'https://billing.example.test/manage',
  observedAt: new Date(),
  version: null,
  ...fields,
});

/** The same as it lies in the table. */
export const stored = (fields: Partial<PurchaseTruth> = {}): Purchase => ({
  ...truth(fields),
  id: '5f1c7c1e-6df5-4a77-8f0c-0d1a5b3a7d10',
  toldState: 'active',
  changesAt: null,
  createdAt: new Date(),
  changedAt: new Date(),
});
