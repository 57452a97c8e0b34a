import { billingProducts } from './products.ts';
import type { DrivenPurchase } from './driver.ts';
import type { OpenProvider, ProviderContext, SandboxProvider } from './provider.ts';
import { createAccount } from './stripe/account.ts';
import { stripeApi } from './stripe/api.ts';
import { createCheckout, type Checkout } from './stripe/checkout.ts';
import { hostedPages, stripeCommands } from './stripe/commands.ts';
import { createDeliveries } from './stripe/deliveries.ts';
import { createPayments } from './stripe/payments.ts';
import { createStore, prices, type Emit, type Store } from './stripe/store.ts';

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
  const payments = createPayments(store, emit);
  const account = createAccount(store, payments, emit);
  const checkout = createCheckout({ store, account, payments, emit, url });
  return {
    api: stripeApi({ key, store, account, checkout, url }),
    pages: hostedPages(store, checkout),
    commands: stripeCommands({ store, account, payments, checkout, deliveries }),
    driver: {
      products: prices.map(({ id }) => id),
      commands: [
        ...['renew', 'fail-card', 'recover', 'cancel', 'resume'],
        ...['pause', 'upgrade', 'refund', 'revoke'],
      ],
      now: () => store.now() * 1_000,
      purchases: () => drivenPurchases(store, checkout),
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

/** Newest first: what renews, and what was paid once. */
function drivenPurchases(store: Store, checkout: Checkout): DrivenPurchase[] {
  const subscribed = store.list('subscription').map((each) => {
    const [item] = each.items.data;
    const endsAt = new Date(item.current_period_end * 1_000);
    return { ...each, product: item.price.id, endsAt };
  });
  const paidOnce = store
    .list('checkout.session')
    .filter(({ mode, status }) => mode === 'payment' && status === 'complete')
    .map((each) => ({
      ...each,
      product: checkout.priceOf(each).id,
      status: each.payment_status,
      endsAt: null,
    }));
  return [...subscribed, ...paidOnce]
    .sort((one, other) => other.created - one.created)
    .map(({ id, product, status, metadata, endsAt }) => ({
      id,
      product,
      status,
      userId: metadata.user_id ?? null,
      endsAt,
    }));
}
