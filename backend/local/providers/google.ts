import { createDeliveries } from './deliveries.ts';
import { createAccount } from './google/account.ts';
import { googleApi } from './google/api.ts';
import { googleCommands } from './google/commands.ts';
import { createIdentity, identityPages, newServiceAccount, pushes } from './google/identity.ts';
import { newNotification, pushBody, type Notification } from './google/notifications.ts';
import { productNames, packageName } from './google/purchases.ts';
import { createStore, numberOf } from './google/store.ts';
import { billingProducts } from './products.ts';
import type { OpenProvider, ProviderContext, SandboxProvider } from './provider.ts';

/** Milliseconds between tries; Pub/Sub goes on for seven days, with pauses of up to ten minutes. */
const retryAfterMs = [100, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];

/**
 * Google Play: the Android Publisher API with the token endpoint of its service accounts, and notifications that Pub/Sub pushes
 * with OpenID Connect tokens of an issuer of its own. Calls have no daily limit.
 */
export const google: SandboxProvider = {
  name: 'google',
  title: 'Google Play',
  basePath: '/',
  variables: { baseUrl: 'GOOGLE_PLAY_API_BASE', key: 'GOOGLE_PLAY_SERVICE_ACCOUNT' },
  settings: {
    BILLING_PRODUCTS: billingProducts,
    GOOGLE_PLAY_PACKAGE_NAME: packageName,
    GOOGLE_PUBSUB_AUDIENCE: pushes.audience,
    GOOGLE_PUBSUB_SERVICE_ACCOUNT_EMAIL: pushes.email,
  },
  laterSettings: ['GOOGLE_OIDC_ISSUER'],
  keyPrefix: '',
  makeKey: (url) => newServiceAccount(`${url}/token`),
  usualLatencyMs: 200,
  quota: Infinity,
  quotaAnswer: () => ({
    status: 429,
    body: { error: { code: 429, message: 'Quota exceeded.', status: 'RESOURCE_EXHAUSTED' } },
  }),
  routes: open,
};

function open({ key, url }: ProviderContext): OpenProvider {
  const identity = createIdentity(key, url);
  const store = createStore();
  const notifications = new Map<string, Notification>();
  const deliveries = createDeliveries<Notification>({
    retryAfterMs,
    request: (notification) => ({
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${identity.pushToken()}`,
        'user-agent': 'CloudPubSub-Google',
      },
      body: pushBody(notification),
    }),
  });
  const send = (type: string, content: object): Notification => {
    const notification = newNotification(type, content);
    notifications.set(notification.id, notification);
    deliveries.send(notification);
    return notification;
  };
  const account = createAccount(store, send);
  return {
    api: googleApi(store, identity),
    pages: identityPages(identity),
    commands: googleCommands({
      store,
      account,
      deliveries,
      send,
      sent: (id) => notifications.get(id),
      pushToken: identity.pushToken,
    }),
    settings: { GOOGLE_OIDC_ISSUER: url },
    driver: {
      products: productNames,
      commands: [
        ...['renew', 'fail-card', 'recover', 'cancel', 'resume'],
        ...['pause', 'upgrade', 'refund', 'revoke'],
      ],
      now: () => store.now(),
      purchases: () =>
        store
          .all()
          .reverse()
          .map(({ order, product, state, account: userId = null, expiresAt }) => ({
            id: numberOf(order.id),
            product,
            status: state.toLowerCase().replaceAll('_', ' '),
            userId,
            endsAt: expiresAt === null ? null : new Date(expiresAt),
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
