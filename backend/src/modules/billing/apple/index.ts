import type { Route } from '../../../kernel/http/index.ts';
import type { Kernel } from '../../../kernel/module/index.ts';
import type { Webhook } from '../../../kernel/webhooks/index.ts';
import { databaseClock } from '../clock.ts';
import type { BillingService } from '../service.ts';
import type { StorePurchases } from '../store-purchase.ts';
import { storeRoutes } from '../store-routes.ts';
import { createAppleClient } from './client.ts';
import { appleProvider, type AppleProvider } from './provider.ts';
import { applePurchases } from './purchases.ts';
import { type AppleOn, createVerifier } from './verifier.ts';
import { appleWebhook } from './webhook.ts';

/** The App Store as one of the providers: its doors, and whom to ask what is true. */
export function createApple(
  { db, providers }: Kernel,
  {
    settings,
    service,
    purchases,
  }: { settings: AppleOn; service: BillingService; purchases: StorePurchases },
): { provider: AppleProvider; routes: Route[]; webhook: Webhook } {
  const verifier = createVerifier(settings);
  const client = createAppleClient(settings, providers);
  const provider = appleProvider(client, verifier, settings.environments, databaseClock(db));
  return {
    provider,
    routes: storeRoutes(applePurchases(verifier, provider), purchases),
    webhook: appleWebhook(verifier, async (environment, key, { event, signal, commit }) => {
      const truth = await provider.fetchIn(environment, key, { signal });
      // Perhaps it does later; otherwise somebody is to see it.
      if (truth === undefined)
        throw new Error('Apple does not know the purchase that its notification is about');
      await commit((tx) => service.record(tx, truth, { source: 'webhook', reference: event.id }));
    }),
  };
}
