import { randomUUID } from 'node:crypto';
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
  revokedAt: null,
  manageUrl: 'https://billing.example.test/manage',
  observedAt: new Date(),
  version: null,
  ...fields,
});
