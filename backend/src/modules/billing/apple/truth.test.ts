import { describe, expect, test } from '@jest/globals';
import { stateAt } from '../state.ts';
import type { PurchaseTruth } from '../truth.ts';
import { type RenewalInfo, type Transaction, truthOf } from './truth.ts';

const now = new Date();
const at = (hours: number): number => now.getTime() + hours * 3_600_000;
const bought: Transaction = {
  originalTransactionId: '2000000000000001',
  transactionId: '2000000000000002',
  productId: 'pro.monthly',
  type: 'Auto-Renewable Subscription',
  environment: 'Production',
  originalPurchaseDate: at(-1_000),
  purchaseDate: at(-100),
  inAppOwnershipType: 'PURCHASED',
};
/** As its type has an end. */
const withEnd = (transaction: Partial<Transaction>): Transaction => ({
  ...bought,
  ...(transaction.type === undefined && { expiresDate: at(100) }),
  ...transaction,
});
const over = { expiresDate: at(-1) };
const once = { type: 'Non-Consumable' };
const on: RenewalInfo = { autoRenewStatus: 1 };
const off: RenewalInfo = { autoRenewStatus: 0 };

type Row = [
  string,
  Partial<Transaction>,
  { status: number; renewal: RenewalInfo } | undefined,
  ReturnType<typeof stateAt>,
];
const rows: Row[] = [
  ['1: active', {}, { status: 1, renewal: on }, 'active'],
  ['1: active, cancelled', {}, { status: 1, renewal: off }, 'cancelled'],
  ['2: expired', over, { status: 2, renewal: off }, 'expired'],
  ['2: expired, while it says that it renews', over, { status: 2, renewal: on }, 'expired'],
  ['3: billing retry', over, { status: 3, renewal: on }, 'on-hold'],
  [
    '3: billing retry behind its grace',
    over,
    {
      status: 3,
      renewal: { ...on, gracePeriodExpiresDate: at(-1) },
    },
    'on-hold',
  ],
  ['4: grace', over, { status: 4, renewal: { ...on, gracePeriodExpiresDate: at(9) } }, 'grace'],
  [
    '4: grace that is over by now',
    over,
    {
      status: 4,
      renewal: { ...on, gracePeriodExpiresDate: at(-0.5) },
    },
    'expired',
  ],
  ['4: grace without an end', over, { status: 4, renewal: on }, 'on-hold'],
  [
    '5: refunded',
    { revocationDate: at(-1), revocationReason: 0, revocationType: 'REFUND_FULL' },
    {
      status: 5,
      renewal: off,
    },
    'refunded',
  ],
  [
    '5: refunded by half',
    { revocationDate: at(-1), revocationType: 'REFUND_PRORATED' },
    {
      status: 5,
      renewal: off,
    },
    'refunded',
  ],
  [
    '5: taken from the family',
    { revocationDate: at(-1), revocationType: 'FAMILY_REVOKE' },
    {
      status: 5,
      renewal: off,
    },
    'revoked',
  ],
  [
    '5: of the family, without a type',
    {
      revocationDate: at(-1),
      inAppOwnershipType: 'FAMILY_SHARED',
    },
    { status: 5, renewal: off },
    'revoked',
  ],
  ['replaced by an upgrade', { isUpgraded: true }, { status: 1, renewal: on }, 'revoked'],
  ['a status that nobody knows yet', {}, { status: 9, renewal: on }, 'active'],
  ['bought for good', once, undefined, 'active'],
  ['consumed', { ...once, type: 'Consumable' }, undefined, 'active'],
  ['bought for good and refunded', { ...once, revocationDate: at(-1) }, undefined, 'refunded'],
  [
    'for a time that Apple does not know',
    {
      ...once,
      type: 'Non-Renewing Subscription',
    },
    undefined,
    'expired',
  ],
  ['a subscription that has no status any more', over, undefined, 'expired'],
];

test.each(rows)('%s', (_name, transaction, standing, state) => {
  const truth = truthOf(withEnd(transaction), standing, now);
  expect(stateAt(truth, now)).toBe(state);
});

describe('a truth names', () => {
  const of = (transaction: Partial<Transaction>, renewal: RenewalInfo = on): PurchaseTruth =>
    truthOf(withEnd(transaction), { status: 1, renewal }, now);

  test('the purchase for as long as it lives', () => {
    expect(of({})).toMatchObject({
      provider: 'apple',
      key: '2000000000000001',
      kind: 'subscription',
      environment: 'production',
      startedAt: new Date(at(-1_000)),
      observedAt: now,
      version: null,
    });
    expect(of({ environment: 'Sandbox' }).environment).toBe('sandbox');
    const { productId: _, ...nameless } = bought;
    expect(() => truthOf(nameless, undefined, now)).toThrow('lacks what names it');
  });

  test('the account that it was made for, where that is one', () => {
    const token = '5F1C7C1E-6DF5-4A77-8F0C-0D1A5B3A7D10';
    expect(of({ appAccountToken: token }).userId).toBe(token.toLowerCase());
    expect(of({}, { ...on, appAccountToken: token }).userId).toBe(token.toLowerCase());
    expect(of({}).userId).toBeNull();
    expect(of({ appAccountToken: 'customer 7' }).userId).toBeNull();
  });
});
