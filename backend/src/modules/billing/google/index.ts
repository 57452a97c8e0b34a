import type { Route } from '../../../kernel/http/index.ts';
import type { JobHandler } from '../../../kernel/jobs/index.ts';
import type { Kernel } from '../../../kernel/module/index.ts';
import type { Webhook } from '../../../kernel/webhooks/index.ts';
import { databaseClock } from '../clock.ts';
import type { Products } from '../products.ts';
import type { BillingProvider } from '../provider.ts';
import type { BillingService } from '../service.ts';
import type { StorePurchases } from '../store-purchase.ts';
import { storeRoutes } from '../store-routes.ts';
import { createGoogleClient } from './client.ts';
import { googleJobs } from './jobs.ts';
import { measureAcknowledgements } from './metrics.ts';
import { googleProvider } from './provider.ts';
import { googlePurchases } from './purchases.ts';
import { createPushVerifier } from './push-token.ts';
import type { GoogleSettings } from './settings.ts';
import { createSettling } from './settling.ts';
import { createTokenRepository } from './tokens-repository.ts';
import { googleWebhook } from './webhook.ts';

interface GoogleParts {
  provider: BillingProvider;
  routes: Route[];
  webhook: Webhook;
  jobs: JobHandler[];
}

/** Google Play as one of the providers: its doors, its jobs, and whom to ask what is true. */
export function createGoogle(
  { db, jobs, logger, metrics, providers }: Kernel,
  {
    settings,
    products,
    service,
    purchases,
  }: {
    settings: GoogleSettings;
    products: Products;
    service: BillingService;
    purchases: StorePurchases;
  },
): GoogleParts | undefined {
  const tokens = createTokenRepository(db);
  measureAcknowledgements(metrics, settings.kind === 'on' ? tokens : undefined, logger);
  if (settings.kind === 'off') return undefined;
  const { packageName } = settings;
  const client = createGoogleClient(settings, providers);
  const clock = databaseClock(db);
  const provider = googleProvider({ client, tokens, products, packageName, clock });
  const settling = createSettling({ provider, tokens, service, jobs });
  const verifyPush = createPushVerifier(settings.push);
  return {
    provider: { ...provider, fetchToRecord: settling.fetchToRecord },
    routes: storeRoutes(googlePurchases(tokens, settling), purchases),
    webhook: googleWebhook({ packageName, verifyPush, tokens, settling, service }),
    jobs: googleJobs({ client, provider, tokens, jobs }),
  };
}
