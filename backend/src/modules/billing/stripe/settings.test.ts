import { describe, expect, test } from '@jest/globals';
import {
  complaintsOf,
  developmentEnvironment,
  productionEnvironment,
  randomSecret,
} from '../../../../test/support/environment.ts';
import { collectSections } from '../../../kernel/config/index.ts';
import { billing } from '../index.ts';

const sections = collectSections([billing]);
const keyOf = (kind: string) => `sk_${kind}_${randomSecret().replaceAll(/\W/g, '')}`;
const whole = {
  STRIPE_SECRET_KEY: keyOf('live'),
  STRIPE_WEBHOOK_SECRETS: `whsec_${randomSecret()}`,
  STRIPE_RETURN_URL: 'https://app.bulwark.dev/billing',
};
const production = (more: Record<string, string> = {}, without?: string) =>
  Object.fromEntries(
    Object.entries({ ...productionEnvironment(), ...whole, ...more }).filter(
      ([name]) => name !== without,
    ),
  );
const complaints = (environment: Record<string, string>) => complaintsOf(environment, { sections });

describe('Stripe is configured as a whole or not at all', () => {
  test('as a whole', () => {
    expect(complaints(production())).toEqual([]);
    expect(complaints(productionEnvironment())).toEqual([]);
  });

  test.each(Object.keys(whole))('not without %s', (name) => {
    expect(complaints(production({}, name))).toEqual([
      expect.stringMatching(`^${name} is missing, though STRIPE_\\w+ is set$`),
    ]);
  });

  test('and all that is missing is named at once', () => {
    const environment = { ...developmentEnvironment(), STRIPE_API_BASE: 'http://127.0.0.1:1' };
    expect(complaints(environment).sort()).toEqual(
      Object.keys(whole)
        .sort()
        .map((name) => `${name} is missing, though STRIPE_API_BASE is set`),
    );
  });
});

test.each([
  ['a test key', { STRIPE_SECRET_KEY: keyOf('test') }, 'is a test key in production'],
  [
    'a key that is public',
    { STRIPE_SECRET_KEY: keyOf('live').replace('sk', 'pk') },
    'is no secret key of Stripe',
  ],
  [
    'a signing secret that is none',
    { STRIPE_WEBHOOK_SECRETS: `${whole.STRIPE_WEBHOOK_SECRETS},${randomSecret()}` },
    'has one that is no signing secret',
  ],
  [
    'somebody else in Stripe’s place',
    { STRIPE_API_BASE: 'https://api.example.com' },
    'leads elsewhere in production',
  ],
])('in production %s is refused', (_what, more, problem) => {
  expect(complaints(production(more))).toEqual([`${Object.keys(more)[0] ?? ''} ${problem}`]);
});

test('real money is taken in production alone', () => {
  expect(complaints({ ...developmentEnvironment(), ...whole })).toEqual([
    'STRIPE_SECRET_KEY takes real money in development',
  ]);
});
