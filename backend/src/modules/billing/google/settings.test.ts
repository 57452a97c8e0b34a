import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { newServiceAccount } from '../../../../local/providers/google/identity.ts';
import {
  complaintsOf,
  developmentEnvironment,
  load,
  productionEnvironment,
} from '../../../../test/support/environment.ts';
import { collectSections } from '../../../kernel/config/index.ts';
import type { BillingSettings } from '../config.ts';
import { billing } from '../index.ts';

const sections = collectSections([billing]);
const whole = {
  GOOGLE_PLAY_PACKAGE_NAME: 'dev.bulwark.app',
  GOOGLE_PLAY_SERVICE_ACCOUNT: newServiceAccount('https://oauth2.googleapis.com/token'),
  GOOGLE_PUBSUB_AUDIENCE: 'https://api.bulwark.dev/api/v1/webhooks/google',
  GOOGLE_PUBSUB_SERVICE_ACCOUNT_EMAIL: 'push@bulwark-dev.iam.gserviceaccount.com',
};
const production = (more: Record<string, string> = {}, without?: string) =>
  Object.fromEntries(
    Object.entries({ ...productionEnvironment(), ...whole, ...more }).filter(
      ([name]) => name !== without,
    ),
  );
const complaints = (environment: Record<string, string>) => complaintsOf(environment, { sections });

describe('Google Play is configured as a whole or not at all', () => {
  test('as a whole, and then Google is who is asked', () => {
    expect(complaints(production())).toEqual([]);
    const { google } = load(production(), { sections }).modules['billing'] as BillingSettings;
    expect(google).toMatchObject({
      kind: 'on',
      apiBase: 'https://androidpublisher.googleapis.com',
      push: { issuers: ['https://accounts.google.com', 'accounts.google.com'] },
    });
  });

  test.each(Object.keys(whole))('not without %s', (name) => {
    expect(complaints(production({}, name))).toEqual([
      expect.stringMatching(`^${name} is missing, though GOOGLE_\\w+ is set$`),
    ]);
  });

  test('in production with nobody else in Google’s place, and elsewhere with a sandbox', () => {
    const elsewhere = {
      GOOGLE_PLAY_API_BASE: 'http://127.0.0.1:1/google',
      GOOGLE_OIDC_ISSUER: 'http://127.0.0.1:1/google',
      GOOGLE_PLAY_SERVICE_ACCOUNT: newServiceAccount('http://127.0.0.1:1/google/token'),
    };
    expect(complaints(production(elsewhere)).sort()).toEqual([
      'GOOGLE_OIDC_ISSUER leads elsewhere in production',
      'GOOGLE_PLAY_API_BASE leads elsewhere in production',
      'GOOGLE_PLAY_SERVICE_ACCOUNT has a token_uri that leads elsewhere in production',
    ]);
    expect(complaints({ ...developmentEnvironment(), ...whole, ...elsewhere })).toEqual([]);
  });

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  test.each([
    ['no JSON', 'a-service-account-that-is-no-json-at-all'],
    [
      'of another kind',
      JSON.stringify({
        ...(JSON.parse(whole.GOOGLE_PLAY_SERVICE_ACCOUNT) as object),
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      }),
    ],
  ])('not with a key file that is %s', (_name, account) => {
    expect(complaints(production({ GOOGLE_PLAY_SERVICE_ACCOUNT: account }))).toEqual([
      'GOOGLE_PLAY_SERVICE_ACCOUNT is no key file of a service account',
    ]);
  });
});
