import { defineModule, type Kernel, type ModuleParts } from '../../kernel/module/index.ts';
import { createAdminRepository } from './admin-repository.ts';
import { billingAdminRoutes } from './admin-routes.ts';
import { createBillingAdmin } from './admin-service.ts';
import { billingSection, type BillingSettings } from './config.ts';
import { createDueTimer } from './due-timer.ts';
import { createBillingRepository } from './repository.ts';
import { billingRoutes } from './routes.ts';
import { type BillingService, createBillingService } from './service.ts';
import { relayEntitlements } from './sockets.ts';

/** The module's parts, and the service behind them. */
export function createBilling(
  { db, entitlements, events, metrics, realtime, logger }: Kernel,
  { products, rules }: BillingSettings,
): { service: BillingService; parts: ModuleParts } {
  const timer = createDueTimer({ look: (signal) => service.tellDue(signal), logger });
  const service = createBillingService({
    db,
    repository: createBillingRepository(db),
    products,
    rules,
    entitlements,
    events,
    metrics,
    logger,
    onDue: (at) => {
      timer.expect(at);
    },
  });
  const admin = createBillingAdmin({
    repository: createAdminRepository(db),
    billing: service,
    products,
    rules,
  });
  const disposers = [
    entitlements.provide((userId) => service.now(userId)),
    relayEntitlements(events, realtime, service),
  ];
  const parts = {
    routes: [...billingRoutes(service), ...billingAdminRoutes(admin)],
    start: () => {
      timer.start();
    },
    dispose: async () => {
      await timer.stop();
      for (const dispose of disposers) dispose();
      await service.close();
    },
  };
  return { service, parts };
}

/** What users have bought, whoever sold it, and so what they may use. */
export const billing = defineModule({
  name: 'billing',
  config: billingSection,
  migrations: new URL('./migrations/', import.meta.url),
  create: (kernel, settings) => createBilling(kernel, settings).parts,
});
