import { createPrivateKey } from 'node:crypto';
import {
  allOrNone,
  httpUrl,
  secretSetting,
  setting,
  token,
  type Fault,
  type Secret,
} from '../../../kernel/config/index.ts';
import { Joi, shape } from '../../../kernel/schema/index.ts';

/** What of a service account's key file is needed. */
export interface ServiceAccount {
  readonly email: string;
  readonly keyId: string;
  /** PKCS #8 as PEM. */
  readonly privateKey: string;
  /** Where its assertions become access tokens. */
  readonly tokenUrl: string;
}

export type GoogleSettings =
  | { readonly kind: 'off' }
  | {
      readonly kind: 'on';
      readonly packageName: string;
      readonly account: ServiceAccount;
      /** Of the tokens that Pub/Sub pushes with. */
      readonly push: {
        readonly audience: string;
        readonly email: string;
        readonly issuers: readonly string[];
        readonly keysUrl: URL;
      };
      readonly apiBase: string;
    };
export type GoogleOn = Extract<GoogleSettings, { kind: 'on' }>;

const realApi = 'https://androidpublisher.googleapis.com';
const realIssuer = 'https://accounts.google.com';
const realTokenUrl = 'https://oauth2.googleapis.com/token';
const realKeys = 'https://www.googleapis.com/oauth2/v3/certs';

const needed = [
  'GOOGLE_PLAY_PACKAGE_NAME',
  'GOOGLE_PLAY_SERVICE_ACCOUNT',
  'GOOGLE_PUBSUB_AUDIENCE',
  'GOOGLE_PUBSUB_SERVICE_ACCOUNT_EMAIL',
] as const;

export const googleKeys = {
  GOOGLE_PLAY_PACKAGE_NAME: setting(
    Joi.string()
      .pattern(/^[A-Za-z]\w*(\.[A-Za-z]\w*)+$/)
      .max(150)
      .description('the name of your app, such as com.example.app'),
    {
      doc: 'The app in Google Play. Without it nothing is sold there.',
      example: 'com.example.app',
      optional: true,
    },
  ),
  GOOGLE_PLAY_SERVICE_ACCOUNT: secretSetting(
    Joi.string().description('the JSON key file of a service account, in one line'),
    {
      doc: 'The key file (JSON) of the service account that asks Google Play what is true.',
      example: '{"type":"service_account","private_key":"your-private-key"}',
      optional: true,
    },
  ),
  GOOGLE_PUBSUB_AUDIENCE: setting(token('the audience of the push subscription'), {
    doc: 'The audience that the push subscription of Pub/Sub is set up with, such as the URL of the endpoint.',
    example: 'https://api.example.com/api/v1/webhooks/google',
    optional: true,
  }),
  GOOGLE_PUBSUB_SERVICE_ACCOUNT_EMAIL: setting(
    Joi.string().email({ tlds: false }).description('the address of a service account'),
    {
      doc: 'The service account that the push subscription of Pub/Sub authenticates as.',
      example: 'play-push@your-project.iam.gserviceaccount.com',
      optional: true,
    },
  ),
  GOOGLE_PLAY_API_BASE: setting(httpUrl('the URL of the Android Publisher API'), {
    doc: `Without it ${realApi}, and nothing else in staging and production.`,
    example: realApi,
    optional: true,
  }),
  GOOGLE_OIDC_ISSUER: setting(httpUrl('the issuer of the tokens of Pub/Sub'), {
    doc: `Without it ${realIssuer}, and nothing else in staging and production.`,
    example: realIssuer,
    optional: true,
  }),
};

interface GoogleValues {
  GOOGLE_PLAY_PACKAGE_NAME?: string | undefined;
  GOOGLE_PLAY_SERVICE_ACCOUNT?: Secret | undefined;
  GOOGLE_PUBSUB_AUDIENCE?: string | undefined;
  GOOGLE_PUBSUB_SERVICE_ACCOUNT_EMAIL?: string | undefined;
  GOOGLE_PLAY_API_BASE?: string | undefined;
  GOOGLE_OIDC_ISSUER?: string | undefined;
}

export function googleFaults(
  values: GoogleValues,
  { environment, deployed }: { environment: string; deployed: boolean },
): Fault[] {
  const faults = allOrNone(values, needed, ['GOOGLE_PLAY_API_BASE', 'GOOGLE_OIDC_ISSUER']);
  const elsewhere = (variable: string) => {
    faults.push({ variable, problem: `leads elsewhere in ${environment}`, remedy: 'Remove it' });
  };
  const { GOOGLE_PLAY_API_BASE: base = realApi, GOOGLE_OIDC_ISSUER: issuer = realIssuer } = values;
  if (deployed && base !== realApi) elsewhere('GOOGLE_PLAY_API_BASE');
  if (deployed && issuer !== realIssuer) elsewhere('GOOGLE_OIDC_ISSUER');
  const key = values.GOOGLE_PLAY_SERVICE_ACCOUNT;
  if (key === undefined) return faults;
  const account = accountOf(key);
  const variable = 'GOOGLE_PLAY_SERVICE_ACCOUNT';
  if (account === undefined)
    faults.push({
      variable,
      problem: 'is no key file of a service account',
      remedy: 'Set it to the JSON that Google Cloud made for the key',
    });
  else if (deployed && account.tokenUrl !== realTokenUrl)
    faults.push({
      variable,
      problem: `has a token_uri that leads elsewhere in ${environment}`,
      remedy: `Set it to a key file with the token_uri ${realTokenUrl}`,
    });
  return faults;
}

export function googleSettings(values: GoogleValues): GoogleSettings {
  const account =
    values.GOOGLE_PLAY_SERVICE_ACCOUNT && accountOf(values.GOOGLE_PLAY_SERVICE_ACCOUNT);
  const { GOOGLE_PLAY_PACKAGE_NAME: packageName, GOOGLE_OIDC_ISSUER: issuer = realIssuer } = values;
  if (account === undefined || packageName === undefined) return { kind: 'off' };
  return {
    kind: 'on',
    packageName,
    account,
    apiBase: values.GOOGLE_PLAY_API_BASE ?? realApi,
    push: {
      audience: values.GOOGLE_PUBSUB_AUDIENCE ?? '',
      email: values.GOOGLE_PUBSUB_SERVICE_ACCOUNT_EMAIL ?? '',
      // Google names itself both ways.
      issuers: issuer === realIssuer ? [realIssuer, 'accounts.google.com'] : [issuer],
      keysUrl: new URL(issuer === realIssuer ? realKeys : `${issuer}/oauth2/v3/certs`),
    },
  };
}

type KeyFile = Record<'client_email' | 'private_key_id' | 'private_key' | 'token_uri', string>;
const keyFile = shape({
  type: Joi.string().valid('service_account'),
  client_email: Joi.string().max(500),
  private_key_id: Joi.string().max(500),
  private_key: Joi.string(),
  token_uri: Joi.string().uri({ scheme: ['https', 'http'] }),
}).unknown();

function accountOf(secret: Secret): ServiceAccount | undefined {
  try {
    const result = keyFile.validate(JSON.parse(secret.reveal()), { convert: false });
    if (result.error) return undefined;
    const file = result.value as KeyFile;
    if (createPrivateKey(file.private_key).asymmetricKeyType !== 'rsa') return undefined;
    return {
      email: file.client_email,
      keyId: file.private_key_id,
      privateKey: file.private_key,
      tokenUrl: file.token_uri,
    };
  } catch {
    return undefined;
  }
}
