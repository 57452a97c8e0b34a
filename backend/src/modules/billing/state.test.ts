import { describe, expect, test } from '@jest/globals';
import { viewAt } from './entitled.ts';
import { accessEndsAt, grants, nextChangeAfter, stateAt } from './state.ts';
import { providerNames } from './truth.ts';
import { at, later, leewayMs, muchLater, once, T, t, table } from './testing/state-table.ts';
import { products } from './testing/products.ts';
import { stored, truth } from './testing/truths.ts';

describe.each(providerNames)('a purchase from %s', (provider) => {
  test.each(table)('%s', (_name, fields, before, boundary, after) => {
    const purchase = truth({ provider, periodEndsAt: muchLater, ...fields });
    expect([-1, 0, 1].map((seconds) => stateAt(purchase, at(seconds), leewayMs))).toEqual([
      before,
      boundary,
      after,
    ]);
  });
});

test.each(table)(
  '%s: what is ahead is told to the millisecond',
  (_name, fields, before, boundary) => {
    const purchase = truth({ periodEndsAt: muchLater, ...fields });
    const next = nextChangeAfter(purchase, at(-1), leewayMs);
    if (before !== boundary) expect(next).toEqual(T);
    else expect(next?.getTime() ?? Infinity).toBeGreaterThan(t);
    if (next === null) return;
    const [just, then] = [new Date(next.getTime() - 1), next];
    expect(stateAt(purchase, just, leewayMs)).toBe(before);
    expect(stateAt(purchase, then, leewayMs)).not.toBe(before);
  },
);

test('access ends with the last state that gives it, not with the first that changes', () => {
  const purchase = truth({ periodEndsAt: T, graceEndsAt: later });
  expect(nextChangeAfter(purchase, at(-1))).toEqual(T);
  expect(accessEndsAt(purchase, at(-1))).toEqual(later);
  expect(accessEndsAt(truth(once), T)).toBeNull();
  expect(accessEndsAt(truth({ onHold: true }), T)).toBeNull();
});

test('a start that lies ahead keeps nobody from what was paid', () => {
  expect(stateAt(truth({ startedAt: later, periodEndsAt: muchLater }), T)).toBe('active');
});

test('every state comes by, walking through all that a purchase can be', () => {
  const seen = new Set(table.flatMap(([, , ...states]) => states));
  expect([...seen].sort()).toEqual(
    ['active', 'cancelled', 'expired', 'grace', 'on-hold', 'paused', 'refunded', 'revoked'].sort(),
  );
});

const rules = { renewalLeewayMs: leewayMs, sandboxGrants: true };

test('of any two purchases what one of them gives is given, whatever the other is like', () => {
  const kinds = table.map(([, fields]) => ({ periodEndsAt: muchLater, ...fields }));
  let pairs = 0;
  for (const seconds of [-1, 0, 1])
    for (const one of kinds)
      for (const other of kinds) {
        const purchases = [
          stored(one),
          stored({ ...other, provider: 'google', productId: 'pro_monthly' }),
        ];
        const view = viewAt(purchases, { products, rules }, at(seconds));
        const gives = purchases.some((each) => grants(stateAt(each, at(seconds), leewayMs)));
        expect(view.entitled.length).toBe(gives ? 1 : 0);
        pairs += 1;
      }
  expect(pairs).toBe(3 * table.length ** 2);
});
