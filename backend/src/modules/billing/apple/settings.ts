import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  allOrNone,
  httpUrl,
  integer,
  secretSetting,
  setting,
  token,
  type Fault,
  type Secret,
} from '../../../kernel/config/index.ts';
import { Joi } from '../../../kernel/schema/index.ts';
import { appleRootCertificate } from './root-certificate.ts';

/** Where a purchase was made: for money, or by testers and by Apple's reviewers. */
export type AppleEnvironment = 'Production' | 'Sandbox';

export type AppleSettings =
  | { readonly kind: 'off' }
  | {
      readonly kind: 'on';
      readonly bundleId: string;
      /** Undefined only where nothing is sold for money. */
      readonly appId: number | undefined;
      readonly issuerId: string;
      readonly keyId: string;
      /** PEM. */
      readonly key: () => string;
      /** Undefined for Apple's own. */
      readonly apiBase: string | undefined;
      /** DER. */
      readonly rootCertificates: readonly Buffer[];
      /** Whether revocation is looked up with Apple. Roots of one's own have nobody to ask. */
      readonly onlineChecks: boolean;
      /** Those whose purchases are taken, the usual one first. Purchases of Xcode are never: nobody vouches for them. */
      readonly environments: readonly AppleEnvironment[];
    };

export const appleKeys = {
  APPLE_BUNDLE_ID: setting(token('the bundle identifier of your app'), {
    doc: 'Bundle identifier of the app. What was bought in another is refused.',
    example: 'com.example.app',
    optional: true,
  }),
  APPLE_APP_ID: setting(integer(1, 999_999_999_999_999), {
    doc: 'The number of the app in the App Store (“Apple ID” in App Store Connect). Needed in production.',
    example: '1234567890',
    optional: true,
  }),
  APPLE_ISSUER_ID: setting(token('the issuer ID of App Store Connect'), {
    doc: 'Issuer of the In-App Purchase keys in App Store Connect.',
    example: '00000000-0000-0000-0000-000000000000',
    optional: true,
  }),
  APPLE_KEY_ID: setting(token('the ID of an In-App Purchase key'), {
    doc: 'ID of the In-App Purchase key.',
    example: 'ABC123DEFG',
    optional: true,
  }),
  APPLE_PRIVATE_KEY: secretSetting(
    Joi.string().description('the text of an In-App Purchase key, line ends as such or as \\n'),
    {
      doc: 'The In-App Purchase key itself, as in the .p8 file. Without it nothing is sold through the App Store.',
      example: 'your-in-app-purchase-key',
      optional: true,
    },
  ),
  APPLE_API_BASE: setting(httpUrl('the URL of the App Store Server API'), {
    doc: 'Without it Apple’s own, and nothing else in staging and production.',
    example: 'https://api.storekit-sandbox.apple.com',
    optional: true,
  }),
  APPLE_ROOT_CERTIFICATES: setting(token('certificates in DER as base64, separated by commas'), {
    doc: 'Whom to trust in place of Apple, on a laptop and in tests. Refused in staging and production.',
    example: 'MIICexample',
    optional: true,
  }),
};

interface AppleValues {
  APPLE_BUNDLE_ID?: string | undefined;
  APPLE_APP_ID?: number | undefined;
  APPLE_ISSUER_ID?: string | undefined;
  APPLE_KEY_ID?: string | undefined;
  APPLE_PRIVATE_KEY?: Secret | undefined;
  APPLE_API_BASE?: string | undefined;
  APPLE_ROOT_CERTIFICATES?: string | undefined;
}

const needed = ['APPLE_PRIVATE_KEY', 'APPLE_BUNDLE_ID', 'APPLE_ISSUER_ID', 'APPLE_KEY_ID'] as const;
const beside = ['APPLE_APP_ID', 'APPLE_API_BASE', 'APPLE_ROOT_CERTIFICATES'] as const;

export function appleFaults(
  values: AppleValues,
  { environment, deployed }: { environment: string; deployed: boolean },
): Fault[] {
  const { APPLE_PRIVATE_KEY: key, APPLE_ROOT_CERTIFICATES: roots } = values;
  const faults = allOrNone(values, needed, beside);
  const fault = (variable: string, problem: string, remedy: string) =>
    faults.push({ variable, problem, remedy });
  if (key === undefined) return faults;
  if (!isSigningKey(pemOf(key.reveal())))
    fault(
      'APPLE_PRIVATE_KEY',
      'is no private key of Apple',
      'Set it to the text of the .p8 file, an EC key on P-256',
    );
  if (environment === 'production' && values.APPLE_APP_ID === undefined)
    fault(
      'APPLE_APP_ID',
      'is missing in production',
      'Set it to the number of the app in the App Store',
    );
  if (roots !== undefined && !certificatesOf(roots).every(isCertificate))
    fault(
      'APPLE_ROOT_CERTIFICATES',
      'has something that is no certificate',
      'Set it to certificates in DER as base64',
    );
  for (const name of ['APPLE_API_BASE', 'APPLE_ROOT_CERTIFICATES'] as const)
    if (deployed && values[name] !== undefined)
      fault(name, `puts another in Apple’s place in ${environment}`, 'Remove it');
  return faults;
}

export function appleSettings(values: AppleValues, environment: string): AppleSettings {
  const { APPLE_PRIVATE_KEY: key, APPLE_ROOT_CERTIFICATES: roots } = values;
  if (key === undefined) return { kind: 'off' };
  return {
    kind: 'on',
    bundleId: values.APPLE_BUNDLE_ID ?? '',
    appId: values.APPLE_APP_ID,
    issuerId: values.APPLE_ISSUER_ID ?? '',
    keyId: values.APPLE_KEY_ID ?? '',
    key: () => pemOf(key.reveal()),
    apiBase: values.APPLE_API_BASE,
    rootCertificates: certificatesOf(roots ?? appleRootCertificate.replaceAll('\n', '')),
    onlineChecks: roots === undefined,
    // Apple's reviewers buy in the sandbox with the very app that is sold.
    environments: environment === 'production' ? ['Production', 'Sandbox'] : ['Sandbox'],
  };
}

/** As it stands in the file, whichever way it came through an environment variable. */
function pemOf(text: string): string {
  const lines = text.replaceAll('\\n', '\n').trim();
  return lines.includes('-----BEGIN')
    ? lines
    : `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----`;
}

function isSigningKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

const certificatesOf = (list: string): Buffer[] =>
  list.split(',').map((each) => Buffer.from(each, 'base64'));

function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der).ca;
  } catch {
    return false;
  }
}
