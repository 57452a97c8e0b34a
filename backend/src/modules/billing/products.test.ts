import { describe, expect, test } from '@jest/globals';
import { collectSections } from '../../kernel/config/index.ts';
import {
  complaintsOf,
  developmentEnvironment,
  load,
  productionEnvironment,
} from '../../../test/support/environment.ts';
import type { BillingSettings } from './config.ts';
import { entitlementsNow, viewAt } from './entitled.ts';
import { billing } from './index.ts';
import type { Purchase } from './purchase-row.ts';
import { productTable } from './testing/products.ts';
import { inSeconds, stored } from './testing/truths.ts';

const sections = collectSections([billing]);
const BILLING_PRODUCTS = JSON.stringify(productTable);
const settingsIn = (environment: Record<string, string>): BillingSettings =>
  load({ ...environment, BILLING_PRODUCTS }, { sections }).modules['billing'] as BillingSettings;

describe('the table of products', () => {
  test('is found by what each provider calls a product', () => {
    const { products } = settingsIn(developmentEnvironment());
    expect(products.sold('google', 'pro_monthly_old')?.id).toBe('pro-monthly');
    expect(products.sold('stripe', 'pro_monthly_old')).toBeUndefined();
    expect(products.byId('all-for-good')?.entitlements).toEqual(['pro', 'archive']);
    expect(products.sold('apple', '__proto__')).toBeUndefined();
  });

  const good = { title: 'Pro', entitlements: ['pro'], stripe: 'price_1' };
  test.each<[string, string, string]>([
    ['no JSON', '{', 'is not JSON'],
    ['a list', '[]', 'is not right at its top'],
    ['an unfit name', JSON.stringify({ 'Pro Plan': good }), 'is not right at Pro Plan'],
    [
      'an unfit entitlement',
      JSON.stringify({ pro: { ...good, entitlements: ['Pro!'] } }),
      'is not right at pro.entitlements.0',
    ],
    [
      'no entitlement',
      JSON.stringify({ pro: { ...good, entitlements: [] } }),
      'is not right at pro.entitlements',
    ],
    [
      'nobody who sells it',
      JSON.stringify({ pro: { title: 'Pro', entitlements: ['pro'] } }),
      'is not right at pro',
    ],
    [
      'an unknown provider',
      JSON.stringify({ pro: { ...good, paypal: 'p' } }),
      'is not right at pro.paypal',
    ],
    [
      'one name for two products',
      JSON.stringify({ pro: good, max: { ...good, title: 'Max' } }),
      'has price_1 of stripe twice',
    ],
  ])('refuses the start with %s', (_name, text, problem) => {
    const environment = { ...productionEnvironment(), BILLING_PRODUCTS: text };
    expect(complaintsOf(environment, { sections })).toEqual([`BILLING_PRODUCTS ${problem}`]);
  });
});

describe('what was bought in a sandbox', () => {
  const sandbox = stored({ environment: 'sandbox' });

  test('gives nothing in production, beside what was paid for', () => {
    const settings = settingsIn(productionEnvironment());
    const view = viewAt([sandbox], settings, new Date());
    expect(view.entitled).toEqual([]);
    expect(view.standings).toMatchObject([{ state: 'active', grants: false }]);
    const both = viewAt([sandbox, stored({ autoRenews: false })], settings, new Date());
    expect(both.entitled).toMatchObject([{ name: 'pro', by: { state: 'cancelled' } }]);
  });

  test('gives what it should where nothing is sold for money', () => {
    const view = viewAt([sandbox], settingsIn(developmentEnvironment()), new Date());
    expect(view.entitled).toMatchObject([{ name: 'pro' }]);
  });
});

describe('several purchases of the same', () => {
  const settings = settingsIn(developmentEnvironment());
  const now = new Date();
  const short = stored({ autoRenews: false, periodEndsAt: inSeconds(60) });
  const long = stored({ provider: 'google', productId: 'pro_monthly', autoRenews: false });
  const renewing = stored({
    provider: 'apple',
    productId: 'test.bulwark.pro.monthly',
    periodEndsAt: inSeconds(30),
  });
  const best = (...purchases: Purchase[]) =>
    viewAt(purchases, settings, now).entitled.map(({ by }) => by.purchase.provider);

  test('count by what ends last, and what goes on by itself before that', () => {
    expect(best(short, long)).toEqual(['google']);
    expect(best(long, short)).toEqual(['google']);
    expect(best(long, renewing, short)).toEqual(['apple']);
  });

  test('last as long as the last of them, and are looked at again at the first change', () => {
    const { entitlements, changesAt } = entitlementsNow(
      viewAt([short, long], settings, now),
      settings.rules,
    );
    expect(entitlements).toEqual([{ name: 'pro', until: long.periodEndsAt }]);
    expect(changesAt).toEqual(short.periodEndsAt);
    const { renewalLeewayMs } = settings.rules;
    const leeway = entitlementsNow(viewAt([renewing], settings, now), settings.rules);
    expect(leeway.entitlements[0]?.until?.getTime()).toBe(
      (renewing.periodEndsAt?.getTime() ?? 0) + renewalLeewayMs,
    );
  });
});
