import { billingProducts } from './products.ts';
import type { OpenProvider, ProviderContext, SandboxProvider } from './provider.ts';
import { createAccount, type Emit } from './stripe/account.ts';
import { stripeApi } from './stripe/api.ts';
import { hostedPages, stripeCommands } from './stripe/commands.ts';
import { createDeliveries } from './stripe/deliveries.ts';
import { createStore, prices } from './stripe/store.ts';

const apiVersion = '2026-10-28.endive';

/**
 * Stripe: customers, checkout, portal, subscriptions and what was paid for them, with signed webhooks. The official library
 * talks to it; only its host differs. Calls have no daily limit.
 */
export const stripe: SandboxProvider = {
  name: 'stripe',
  title: 'Stripe',
  basePath: '/v1',
  atRoot: true,
  variables: {
    baseUrl: 'STRIPE_API_BASE',
    key: 'STRIPE_SECRET_KEY',
    webhookSecret: 'STRIPE_WEBHOOK_SECRETS',
  },
  settings: {
    BILLING_PRODUCTS: billingProducts,
    STRIPE_RETURN_URL: 'http://127.0.0.1:5173/billing',
  },
  keyPrefix: 'sk_test_',
  usualLatencyMs: 250,
  quota: Infinity,
  quotaAnswer: () => ({ status: 429, body: { error: { type: 'rate_limit_error' } } }),
  routes: open,
};

function open({ key, url, webhookSecret }: ProviderContext): OpenProvider {
  const store = createStore();
  const deliveries = createDeliveries(webhookSecret);
  const emit: Emit = (type, object, previous) => {
    const event = store.add({
      id: store.newId('evt'),
      object: 'event',
      api_version: apiVersion,
      created: store.now(),
      type,
      data: {
        object: structuredClone(object),
        ...(previous === undefined ? {} : { previous_attributes: previous }),
      },
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
    });
    deliveries.send(event);
  };
  const account = createAccount(store, emit);
  return {
    api: stripeApi(key, store, account, url),
    pages: hostedPages(store, account, emit),
    commands: stripeCommands(store, account, deliveries),
    driver: {
      products: prices.map(({ id }) => id),
      commands: [
        ...['renew', 'fail-card', 'recover', 'cancel', 'resume'],
        ...['pause', 'upgrade', 'refund', 'revoke'],
      ],
      now: () => store.now() * 1_000,
      purchases: () =>
        store.list('subscription').map(({ id, status, metadata, items: { data } }) => ({
          id,
          product: data[0].price.id,
          status,
          userId: metadata.user_id ?? null,
          endsAt: new Date(data[0].current_period_end * 1_000),
        })),
      deliveries: () => deliveries.list(),
    },
    deliverTo: (target) => {
      deliveries.to(target);
    },
    close: () => {
      deliveries.close();
    },
  };
}
