import type { PurchaseState, Timeline } from '../state.ts';

/** The boundary that a row is about. */
export const t = Date.parse('2027-03-01T12:00:00.000Z');
export const at = (seconds: number): Date => new Date(t + seconds * 1_000);
export const leewayMs = 900_000;
export const [T, later, muchLater] = [at(0), at(3_600), at(86_400)];

const renewing = { kind: 'subscription', autoRenews: true } as const;
const ending = { kind: 'subscription', autoRenews: false } as const;
export const once = { kind: 'one-time', autoRenews: false, periodEndsAt: null } as const;

/** What a purchase is like, and its states one second before T, at T and one second after. */
export const table: [string, Partial<Timeline>, PurchaseState, PurchaseState, PurchaseState][] = [
  // A period ends at T.
  ['renewing, within its leeway', { ...renewing, periodEndsAt: T }, 'active', 'active', 'active'],
  [
    'renewing, its leeway over',
    { ...renewing, periodEndsAt: at(-900) },
    'active',
    'expired',
    'expired',
  ],
  ['cancelled', { ...ending, periodEndsAt: T }, 'cancelled', 'expired', 'expired'],
  [
    'a pass for a time',
    { kind: 'one-time', autoRenews: false, periodEndsAt: T },
    'active',
    'expired',
    'expired',
  ],
  ['bought for good', once, 'active', 'active', 'active'],
  ['given without an end', { ...ending, periodEndsAt: null }, 'active', 'active', 'active'],
  // A payment is outstanding.
  [
    'grace begins with the end of the period',
    { ...renewing, periodEndsAt: T, graceEndsAt: later },
    'active',
    'grace',
    'grace',
  ],
  [
    'the same after it was cancelled',
    { ...ending, periodEndsAt: T, graceEndsAt: later },
    'cancelled',
    'grace',
    'grace',
  ],
  [
    'grace ends',
    { ...renewing, periodEndsAt: at(-3_600), graceEndsAt: T },
    'grace',
    'expired',
    'expired',
  ],
  [
    'grace within a period that is not paid',
    { ...renewing, periodEndsAt: muchLater, graceEndsAt: T },
    'grace',
    'expired',
    'expired',
  ],
  [
    'grace that ends with the period',
    { ...renewing, periodEndsAt: T, graceEndsAt: T },
    'grace',
    'expired',
    'expired',
  ],
  [
    'grace without a period',
    { ...renewing, periodEndsAt: null, graceEndsAt: T },
    'grace',
    'expired',
    'expired',
  ],
  // A pause ends at T; what follows depends on the period.
  [
    'resumed into a paid period',
    { ...renewing, periodEndsAt: later, pausedUntil: T },
    'paused',
    'active',
    'active',
  ],
  [
    'resumed and cancelled',
    { ...ending, periodEndsAt: later, pausedUntil: T },
    'paused',
    'cancelled',
    'cancelled',
  ],
  [
    'resumed, and nobody said that it was paid',
    { ...ending, periodEndsAt: at(-3_600), pausedUntil: T },
    'paused',
    'expired',
    'expired',
  ],
  [
    'paused with an open end',
    { ...renewing, periodEndsAt: T, pausedUntil: 'open-ended' },
    'paused',
    'paused',
    'paused',
  ],
  // On hold until somebody says otherwise.
  ['on hold', { ...renewing, periodEndsAt: T, onHold: true }, 'on-hold', 'on-hold', 'on-hold'],
  [
    'on hold and paused',
    { ...renewing, onHold: true, pausedUntil: T },
    'on-hold',
    'on-hold',
    'on-hold',
  ],
  [
    'on hold with grace left',
    { ...renewing, onHold: true, graceEndsAt: T },
    'on-hold',
    'on-hold',
    'on-hold',
  ],
  // Money back, or taken away, at T; stronger than everything else.
  [
    'refunded',
    { ...renewing, periodEndsAt: later, refundedAt: T },
    'active',
    'refunded',
    'refunded',
  ],
  ['bought for good and refunded', { ...once, refundedAt: T }, 'active', 'refunded', 'refunded'],
  ['revoked', { ...renewing, periodEndsAt: later, revokedAt: T }, 'active', 'revoked', 'revoked'],
  [
    'refunded while cancelled',
    { ...ending, periodEndsAt: later, refundedAt: T },
    'cancelled',
    'refunded',
    'refunded',
  ],
  [
    'refunded in grace',
    { ...renewing, periodEndsAt: at(-60), graceEndsAt: later, refundedAt: T },
    'grace',
    'refunded',
    'refunded',
  ],
  [
    'refunded while paused',
    { ...renewing, pausedUntil: later, refundedAt: T },
    'paused',
    'refunded',
    'refunded',
  ],
  [
    'refunded while on hold',
    { ...renewing, onHold: true, refundedAt: T },
    'on-hold',
    'refunded',
    'refunded',
  ],
  [
    'refunded after it had expired',
    { ...ending, periodEndsAt: at(-60), refundedAt: T },
    'expired',
    'refunded',
    'refunded',
  ],
  [
    'revoked after a refund',
    { ...once, refundedAt: at(-60), revokedAt: T },
    'refunded',
    'revoked',
    'revoked',
  ],
  [
    'refunded after it was revoked',
    { ...once, refundedAt: T, revokedAt: at(-60) },
    'revoked',
    'revoked',
    'revoked',
  ],
];
