/** Who sells. */
export const providerNames = ['stripe', 'apple', 'google'] as const;
export type ProviderName = (typeof providerNames)[number];

/**
 * What a provider says of one purchase at one moment, in the same words for all of them. Everything that users may use is
 * computed from it, so what it cannot say nobody knows.
 */
export interface PurchaseTruth {
  provider: ProviderName;
  /**
   * What names the purchase for as long as it lives, renewals included: the id of Stripe's subscription, or of
   * its payment intent where it was paid once, Apple's originalTransactionId, the SHA-256 of Google's purchase token as hex.
   */
  key: string;
  /** Whose it is, where the provider knows; null leaves it with the owner it has. */
  userId: string | null;
  /** As the provider names it, such as a price of Stripe or a product of a store. */
  productId: string;
  kind: 'subscription' | 'one-time';
  environment: 'production' | 'sandbox';
  startedAt: Date;
  /** The end of what is paid; null where it is bought for good. */
  periodEndsAt: Date | null;
  /**
   * Only while a payment is outstanding: until when the user may go on all the same. Where it lies after `periodEndsAt` it
   * follows the paid period; otherwise (Stripe moves the period on before it is paid) it alone counts.
   */
  graceEndsAt: Date | null;
  /** False once the user has cancelled, and for what does not renew. */
  autoRenews: boolean;
  /** Paused now, until then; `open-ended` until somebody resumes it. */
  pausedUntil: Date | 'open-ended' | null;
  /** Not paid and nothing may be used: Google's account hold, Stripe's `unpaid` and `incomplete`, a payment that is pending. */
  onHold: boolean;
  /** When all of the last payment had gone back. */
  refundedAt: Date | null;
  /** For people: what of the last payment went back, where that takes nothing away: `3.00 of 9.00 USD`. */
  partRefund: string | null;
  /** Taken away other than by a refund: a lost dispute, a revocation, an upgrade that has replaced it. */
  revokedAt: Date | null;
  /** Where the user changes or ends it. */
  manageUrl: string | null;
  /**
   * The moment for which this is true: when the provider was asked (the time before the request, not of its answer, by a clock
   * that all hosts share), or when it signed this. An older truth never replaces a newer one.
   */
  observedAt: Date;
  /** Orders the truths of one purchase where the provider numbers them; otherwise null and `observedAt` orders them. */
  version: number | null;
}
