import { expect, test } from '@jest/globals';
import { differences } from '../purchase-row.ts';
import { stored, truth } from '../testing/truths.ts';
import type { PurchaseTruth } from '../truth.ts';
import { driftOf } from './drift.ts';

const now = new Date('2026-03-10T12:00:00Z');
const day = (number: number) => new Date(`2026-03-${String(number).padStart(2, '0')}T00:00:00Z`);
const common = {
  startedAt: day(1),
  periodEndsAt: day(20),
  observedAt: day(5),
} satisfies Partial<PurchaseTruth>;

/** What is said of a purchase that was stored like this and is like that. */
function drifted(
  fields: Partial<PurchaseTruth>,
  before: Partial<PurchaseTruth> = {},
  states: readonly ['active', 'active' | 'refunded'] = ['active', 'active'],
) {
  const known = stored({ ...common, ...before });
  const said = truth({ ...common, ...before, ...fields, key: known.key });
  const changes = differences(known, said);
  const [stateBefore, stateAfter] = states;
  return driftOf({ before: known, stateBefore, stateAfter, changes }, said, now);
}

test('a refund tells since when', () => {
  expect(drifted({ refundedAt: day(7) }, {}, ['active', 'refunded'])).toEqual({
    kind: 'state',
    guess: 'missed-event',
    since: day(7),
    sinceIs: 'provider',
  });
});

test('what had changed before it was last seen was misread, not missed', () => {
  expect(drifted({ refundedAt: day(4) }, {}, ['active', 'refunded'])).toMatchObject({
    guess: 'wrong-when-looked',
    since: day(4),
  });
});

test('a renewal that nobody told of is wrong since the end of the old period', () => {
  expect(drifted({ periodEndsAt: day(28) }, { periodEndsAt: day(8) })).toMatchObject({
    kind: 'period',
    since: day(8),
    sinceIs: 'provider',
  });
});

test('what ended before its time is wrong since it ended', () => {
  expect(drifted({ periodEndsAt: day(9) })).toMatchObject({ since: day(9), sinceIs: 'provider' });
});

test('where nobody says when, it is some time after it was last seen', () => {
  expect(drifted({ autoRenews: false })).toEqual({
    kind: 'period',
    guess: 'missed-event',
    since: day(5),
    sinceIs: 'observed',
  });
  // A period that is yet to end says nothing of the past.
  expect(drifted({ periodEndsAt: day(28) })).toMatchObject({ since: day(5), sinceIs: 'observed' });
});

test.each([
  ['product', { productId: 'price_all' }],
  ['details', { manageUrl: null }],
])('a change of the %s alone is called so', (kind, fields) => {
  expect(drifted(fields)).toMatchObject({ kind });
});

test('a purchase that nobody knew of is missing since it began', () => {
  const said = truth(common);
  const difference = { before: undefined, stateBefore: null, stateAfter: 'active', changes: {} };
  expect(driftOf(difference as Parameters<typeof driftOf>[0], said, now)).toEqual({
    kind: 'missing',
    guess: 'never-told',
    since: day(1),
    sinceIs: 'provider',
  });
});
