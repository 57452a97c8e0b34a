import type { Route } from '../../../kernel/http/index.ts';
import type { Kernel } from '../../../kernel/module/index.ts';
import type { Webhook } from '../../../kernel/webhooks/index.ts';
import { databaseClock } from '../clock.ts';
import type { Products } from '../products.ts';
import type { BillingProvider } from '../provider.ts';
import type { BillingService } from '../service.ts';
import { createStripeClient, type StripeOn } from './client.ts';
import { createCustomerRepository } from './customers-repository.ts';
import { stripeProvider } from './provider.ts';
import { stripeRoutes } from './routes.ts';
import { createSelling } from './selling.ts';
import { stripeWebhook } from './webhook.ts';

/** Stripe as one of the providers: its doors, and whom to ask what is true. */
export function createStripe(
  { db, providers }: Kernel,
  {
    settings,
    products,
    service,
  }: { settings: StripeOn; products: Products; service: BillingService },
): { provider: BillingProvider; routes: Route[]; webhook: Webhook } {
  const client = createStripeClient(settings, providers);
  const customers = createCustomerRepository(db);
  const { graceMs } = settings;
  const provider = stripeProvider({
    client,
    customers,
    products,
    graceMs,
    clock: databaseClock(db),
  });
  return {
    provider,
    routes: stripeRoutes(
      createSelling({ settings, client, customers, products, billing: service }),
    ),
    webhook: stripeWebhook(settings, client, async (key, { event, signal, commit }) => {
      const truth = await provider.fetch(key, signal);
      if (truth === undefined) return;
      await commit((tx) => service.record(tx, truth, { source: 'webhook', reference: event.id }));
    }),
  };
}
