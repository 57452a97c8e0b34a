import express from 'express';
import { createAccount } from './apple/account.ts';
import { appleApi, team } from './apple/api.ts';
import { createAuthority, newKeys } from './apple/certificates.ts';
import { appleCommands } from './apple/commands.ts';
import { app, createSigning, newNotification, type Notification } from './apple/signing.ts';
import { products, statusOf } from './apple/purchases.ts';
import { createStore } from './apple/store.ts';
import { createDeliveries } from './deliveries.ts';
import { billingProducts } from './products.ts';
import type { OpenProvider, ProviderContext, SandboxProvider } from './provider.ts';

/** Milliseconds between tries; Apple takes 1, 12, 24, 48 and 72 hours. */
const retryAfterMs = [500, 6_000, 12_000, 24_000, 36_000];

/**
 * The App Store: subscriptions and what is bought for good, with notifications of version 2. Everything is signed as Apple signs
 * it, by a root of its own that is made at each start. Calls have no daily limit.
 */
export const apple: SandboxProvider = {
  name: 'apple',
  title: 'App Store',
  basePath: '/',
  variables: { baseUrl: 'APPLE_API_BASE', key: 'APPLE_PRIVATE_KEY' },
  settings: {
    BILLING_PRODUCTS: billingProducts,
    APPLE_BUNDLE_ID: app.bundleId,
    APPLE_APP_ID: String(app.appAppleId),
    APPLE_ISSUER_ID: team.issuerId,
    APPLE_KEY_ID: team.keyId,
  },
  laterSettings: ['APPLE_ROOT_CERTIFICATES'],
  keyPrefix: '',
  makeKey: () => newKeys().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  usualLatencyMs: 200,
  quota: Infinity,
  quotaAnswer: () => ({
    status: 429,
    body: { errorCode: 4_290_000, errorMessage: 'Rate limit exceeded.' },
  }),
  routes: open,
};

function open({ key }: ProviderContext): OpenProvider {
  const authority = createAuthority();
  const store = createStore();
  const signing = createSigning(authority, store);
  const notifications = new Map<string, Notification>();
  const deliveries = createDeliveries<Notification>({
    retryAfterMs,
    request: (notification) => ({
      headers: { 'content-type': 'application/json', 'user-agent': 'App Store Server' },
      body: JSON.stringify({ signedPayload: signing.notification(notification) }),
    }),
  });
  const send = (notification: Notification): void => {
    notifications.set(notification.id, notification);
    deliveries.send(notification);
  };
  const account = createAccount(store, (type, purchase, subtype) => {
    // As it is now: the purchase goes on.
    send(newNotification(type, structuredClone(purchase), subtype));
  });
  return {
    api: appleApi({ key, store, signing, send }),
    pages: express.Router(),
    commands: appleCommands({
      store,
      account,
      signing,
      deliveries,
      send,
      sent: (id) => notifications.get(id),
    }),
    settings: { APPLE_ROOT_CERTIFICATES: authority.root },
    driver: {
      products: products.map(({ id }) => id),
      commands: [
        ...['renew', 'fail-card', 'recover', 'cancel', 'resume'],
        ...['upgrade', 'refund', 'revoke'],
      ],
      now: () => store.now(),
      purchases: () =>
        store
          .all()
          .reverse()
          .map((purchase) => ({
            id: purchase.originalTransactionId,
            product: purchase.product.id,
            status: statusWords[statusOf(purchase, store.now())],
            userId: purchase.appAccountToken ?? null,
            endsAt: purchase.expiresDate === null ? null : new Date(purchase.expiresDate),
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

const statusWords = {
  1: 'active',
  2: 'expired',
  3: 'billing retry',
  4: 'grace period',
  5: 'revoked',
} as const;
