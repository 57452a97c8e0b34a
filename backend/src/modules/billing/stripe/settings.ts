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

export type StripeSettings =
  | { readonly kind: 'off' }
  | {
      readonly kind: 'on';
      readonly key: Secret;
      /** Any of these may have signed a webhook: the old and the new one while they change. */
      readonly webhookSecrets: readonly string[];
      readonly apiBase: URL;
      /** Whether the key is one for real money; events must be of the same kind. */
      readonly livemode: boolean;
      /** How long after the end of a period a subscription whose payment failed stays usable. */
      readonly graceMs: number;
      /** Where the browser comes back to after checkout and portal. */
      readonly returnUrl: string;
    };

const realApi = 'https://api.stripe.com';
const secretKey = /^(sk|rk)_(test|live)_\w+$/;

export const stripeKeys = {
  STRIPE_SECRET_KEY: secretSetting(token('a secret or restricted key of your Stripe account'), {
    doc: 'Key of the Stripe API. Without it nothing is sold through Stripe.',
    example: 'sk_test_your-secret-key',
    optional: true,
  }),
  STRIPE_WEBHOOK_SECRETS: secretSetting(
    token('the signing secrets of your webhook endpoint, separated by commas'),
    {
      doc: 'Signing secrets of the endpoint <server>/api/v1/webhooks/stripe. Two, with a comma, while one is exchanged for another.',
      example: 'whsec_your-signing-secret',
      optional: true,
    },
  ),
  STRIPE_API_BASE: setting(httpUrl('the URL of the Stripe API'), {
    doc: `Without it ${realApi}, and nothing else in staging and production.`,
    example: realApi,
    optional: true,
  }),
  STRIPE_GRACE_DAYS: setting(integer(0, 60, ' of days'), {
    doc: 'How long a subscription stays usable after its period while Stripe tries to collect a payment that failed.',
    default: '7',
  }),
  STRIPE_RETURN_URL: setting(
    Joi.string()
      .uri({ scheme: ['https', 'http'] })
      .max(1_000)
      .description('a URL of your app'),
    {
      doc: 'Where the browser comes back to from checkout and portal; `?checkout=done` or `?checkout=cancelled` is added.',
      example: 'https://app.example.com/billing',
      optional: true,
    },
  ),
};

interface StripeValues {
  STRIPE_SECRET_KEY?: Secret | undefined;
  STRIPE_WEBHOOK_SECRETS?: Secret | undefined;
  STRIPE_API_BASE?: string | undefined;
  STRIPE_GRACE_DAYS?: number;
  STRIPE_RETURN_URL?: string | undefined;
}

const needed = ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRETS', 'STRIPE_RETURN_URL'] as const;

export function stripeFaults(
  values: StripeValues,
  { environment, deployed }: { environment: string; deployed: boolean },
): Fault[] {
  const { STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRETS: secrets } = values;
  const faults = allOrNone(values, needed, ['STRIPE_API_BASE']);
  const fault = (variable: string, problem: string, remedy: string) =>
    faults.push({ variable, problem, remedy });
  if (key === undefined) return faults;
  const kind = secretKey.exec(key.reveal())?.[2];
  if (kind === undefined)
    fault(
      'STRIPE_SECRET_KEY',
      'is no secret key of Stripe',
      'Set it to one that begins with sk_ or rk_',
    );
  if (environment === 'production' && kind === 'test')
    fault('STRIPE_SECRET_KEY', 'is a test key in production', 'Set it to a live one');
  if (environment !== 'production' && kind === 'live')
    fault('STRIPE_SECRET_KEY', `takes real money in ${environment}`, 'Set it to a test key');
  if (secrets && secretsOf(secrets).some((secret) => !/^whsec_.{16,}$/.test(secret)))
    fault(
      'STRIPE_WEBHOOK_SECRETS',
      'has one that is no signing secret',
      'Set it to values that begin with whsec_',
    );
  if (deployed && values.STRIPE_API_BASE !== undefined && values.STRIPE_API_BASE !== realApi)
    fault('STRIPE_API_BASE', `leads elsewhere in ${environment}`, 'Remove it');
  return faults;
}

export function stripeSettings(values: StripeValues): StripeSettings {
  const { STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRETS: secrets } = values;
  if (key === undefined || secrets === undefined) return { kind: 'off' };
  return {
    kind: 'on',
    key,
    webhookSecrets: secretsOf(secrets),
    apiBase: new URL(values.STRIPE_API_BASE ?? realApi),
    livemode: secretKey.exec(key.reveal())?.[2] === 'live',
    graceMs: (values.STRIPE_GRACE_DAYS ?? 0) * 86_400_000,
    returnUrl: values.STRIPE_RETURN_URL ?? '',
  };
}

const secretsOf = (secrets: Secret): string[] =>
  secrets
    .reveal()
    .split(',')
    .map((secret) => secret.trim());
