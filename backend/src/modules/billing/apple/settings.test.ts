import { describe, expect, test } from '@jest/globals';
import { createAuthority, newKeys } from '../../../../local/providers/apple/certificates.ts';
import {
  complaintsOf,
  developmentEnvironment,
  load,
  productionEnvironment,
} from '../../../../test/support/environment.ts';
import { collectSections } from '../../../kernel/config/index.ts';
import type { BillingSettings } from '../config.ts';
import { viewAt } from '../entitled.ts';
import { billing } from '../index.ts';
import { productTable } from '../testing/products.ts';
import { stored } from '../testing/truths.ts';

const sections = collectSections([billing]);
const pem = newKeys().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const whole = {
  APPLE_BUNDLE_ID: 'dev.bulwark.app',
  APPLE_APP_ID: '1234567890',
  APPLE_ISSUER_ID: '57246542-96fe-4a63-8053-0824d011072a',
  APPLE_KEY_ID: '2X9R4HXF34',
  APPLE_PRIVATE_KEY: pem,
};
const production = (more: Record<string, string | undefined> = {}) =>
  defined({ ...productionEnvironment(), ...whole, ...more });
const complaints = (environment: Record<string, string>) => complaintsOf(environment, { sections });
const defined = (all: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
const appleOf = (environment: Record<string, string>) => {
  const { apple } = load(environment, { sections }).modules['billing'] as BillingSettings;
  if (apple.kind === 'off') throw new Error('It is off');
  return apple;
};

describe('the App Store is configured as a whole or not at all', () => {
  test('as a whole', () => {
    expect(complaints(production())).toEqual([]);
    expect(complaints({ ...developmentEnvironment(), ...whole })).toEqual([]);
  });

  test.each(['APPLE_BUNDLE_ID', 'APPLE_ISSUER_ID', 'APPLE_KEY_ID'])('not without %s', (name) => {
    expect(complaints(production({ [name]: undefined }))).toEqual([
      `${name} is missing, though APPLE_PRIVATE_KEY is set`,
    ]);
  });

  test('not without its key', () => {
    expect(complaints(production({ APPLE_PRIVATE_KEY: undefined }))).toEqual([
      'APPLE_PRIVATE_KEY is missing, though APPLE_BUNDLE_ID is set',
    ]);
  });

  test('in production not without the number of the app, which its library checks there alone', () => {
    expect(complaints(production({ APPLE_APP_ID: undefined }))).toEqual([
      'APPLE_APP_ID is missing in production',
    ]);
    const { APPLE_APP_ID: _, ...others } = whole;
    expect(complaints({ ...developmentEnvironment(), ...others })).toEqual([]);
  });

  test('not with a key that is none of Apple’s', () => {
    const text = 'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg';
    expect(complaints(production({ APPLE_PRIVATE_KEY: text }))).toEqual([
      'APPLE_PRIVATE_KEY is no private key of Apple',
    ]);
  });
});

describe('where others reach the server nobody stands in for Apple', () => {
  test.each([
    ['APPLE_API_BASE', 'https://example.com/apple'],
    ['APPLE_ROOT_CERTIFICATES', createAuthority().root],
  ])('by %s', (name, value) => {
    for (const NODE_ENV of ['production', 'staging'])
      expect(complaints(production({ NODE_ENV, [name]: value }))).toEqual([
        `${name} puts another in Apple’s place in ${NODE_ENV}`,
      ]);
    expect(complaints({ ...developmentEnvironment(), ...whole, [name]: value })).toEqual([]);
  });

  test('and its own root is the one that is trusted, with revocation looked up', () => {
    const apple = appleOf(production());
    expect(apple).toMatchObject({ onlineChecks: true, apiBase: undefined });
    expect(apple.rootCertificates).toHaveLength(1);
  });
});

test('purchases for money are taken in production alone, those of testers everywhere, those of Xcode nowhere', () => {
  expect(appleOf(production()).environments).toEqual(['Production', 'Sandbox']);
  for (const NODE_ENV of ['staging', 'development'])
    expect(appleOf(production({ NODE_ENV })).environments).toEqual(['Sandbox']);
});

test('what testers and reviewers have bought is kept in production, and gives nothing', () => {
  const bought = (environment: 'production' | 'sandbox') =>
    stored({ provider: 'apple', productId: 'test.bulwark.pro.monthly', environment });
  const settings = load(production({ BILLING_PRODUCTS: JSON.stringify(productTable) }), {
    sections,
  }).modules['billing'] as BillingSettings;
  const view = viewAt([bought('sandbox')], settings, new Date());
  expect(view.standings).toMatchObject([{ state: 'active', grants: false }]);
  expect(view.entitled).toEqual([]);
  expect(viewAt([bought('production')], settings, new Date()).entitled).toHaveLength(1);
});

test.each([
  ['as in its file', pem],
  ['on one line', pem.trim().replaceAll('\n', '\\n')],
  ['without its frame', pem.replaceAll(/-----.*-----|\n/g, '')],
])('the key may be given %s', (_name, text) => {
  const { key } = appleOf(production({ APPLE_PRIVATE_KEY: text }));
  expect(key().replaceAll(/\s/g, '')).toBe(pem.replaceAll(/\s/g, ''));
});
