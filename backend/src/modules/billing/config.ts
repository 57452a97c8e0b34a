import {
  defineSection,
  flag,
  integer,
  parsed,
  type Section,
  setting,
} from '../../kernel/config/index.ts';
import { appleFaults, appleKeys, appleSettings } from './apple/settings.ts';
import { googleFaults, googleKeys, googleSettings } from './google/settings.ts';
import { parseProducts } from './products.ts';
import { reconcileKeys, reconcileSettings } from './reconcile/settings.ts';
import { retentionKeys } from './retention.ts';
import { stripeFaults, stripeKeys, stripeSettings } from './stripe/settings.ts';

// Each provider has its own file of keys, rules and settings; this one lays them side by side.

export const billingSection = defineSection({
  owner: 'modules/billing',
  keys: {
    BILLING_PRODUCTS: setting(
      parsed(
        'a JSON object such as {"pro-monthly":{"title":"Pro","entitlements":["pro"],"stripe":"price_123"}}',
        parseProducts,
      ),
      {
        doc: 'What is sold: our name for it, what its buyers may use, and what stripe, apple and google call it (a name or a list).',
        default: '{}',
      },
    ),
    BILLING_RENEWAL_LEEWAY_SECONDS: setting(integer(0, 86_400, ' of seconds'), {
      doc: 'How long a subscription that renews stays usable after its period while nobody has told of the renewal.',
      default: '900',
    }),
    BILLING_MIRROR_APP_METADATA: setting(flag(), {
      doc: 'Whether app_metadata.entitlements of each user follows, so that tokens and policies of Supabase know it too.',
      default: 'false',
    }),
    ...reconcileKeys,
    ...retentionKeys,
    ...stripeKeys,
    ...appleKeys,
    ...googleKeys,
  },
  check: (values, facts) => [
    ...stripeFaults(values, facts),
    ...appleFaults(values, facts),
    ...googleFaults(values, facts),
  ],
  settings: (values, { environment }) => ({
    products: values.BILLING_PRODUCTS,
    rules: {
      renewalLeewayMs: values.BILLING_RENEWAL_LEEWAY_SECONDS * 1_000,
      /** What was bought in a provider's sandbox cost nothing. */
      sandboxGrants: environment !== 'production',
    },
    mirrorsAppMetadata: values.BILLING_MIRROR_APP_METADATA,
    reconcile: reconcileSettings(values),
    retentionDays: values.BILLING_RETENTION_DAYS,
    stripe: stripeSettings(values),
    apple: appleSettings(values, environment),
    google: googleSettings(values),
  }),
});

export type BillingSettings = typeof billingSection extends Section<infer S> ? S : never;
