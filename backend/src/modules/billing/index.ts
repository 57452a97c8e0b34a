import { defineModule, type Kernel, type ModuleParts } from '../../kernel/module/index.ts';
import { createAdminRepository } from './admin-repository.ts';
import { billingAdminRoutes } from './admin-routes.ts';
import { createBillingAdmin } from './admin-service.ts';
import { createApple } from './apple/index.ts';
import { billingSection, type BillingSettings } from './config.ts';
import { createDueTimer } from './due-timer.ts';
import { createGoogle } from './google/index.ts';
import { billingJobs, mirrorEntitlements } from './jobs.ts';
import { createMirror } from './mirror.ts';
import { mirrorActions } from './mirror-actions.ts';
import type { BillingProvider } from './provider.ts';
import { createBillingRepository } from './repository.ts';
import { createReconcile } from './reconcile/index.ts';
import { retentionJob } from './retention.ts';
import { createRetentionRepository } from './retention-repository.ts';
import { billingRoutes } from './routes.ts';
import { type BillingService, createBillingService } from './service.ts';
import { relayEntitlements } from './sockets.ts';
import { createStorePurchases } from './store-purchase.ts';
import { createStripe } from './stripe/index.ts';

/** The module's parts, the service behind them, and those who sell and can be asked. */
export function createBilling(
  kernel: Kernel,
  {
    products,
    rules,
    mirrorsAppMetadata,
    stripe: stripeSettings,
    apple: appleSettings,
    google: googleSettings,
    reconcile: reconcileSettings,
    retentionDays,
  }: BillingSettings,
): { service: BillingService; providers: BillingProvider[]; parts: ModuleParts } {
  const { db, entitlements, events, jobs, metrics, realtime, logger } = kernel;
  const repository = createBillingRepository(db);
  const timer = createDueTimer({ look: (signal) => service.tellDue(signal), logger });
  const service = createBillingService({
    db,
    repository,
    products,
    rules,
    entitlements,
    events,
    metrics,
    logger,
    onDue: (at) => {
      timer.expect(at);
    },
    alongside: async (tx, userId) => {
      if (mirrorsAppMetadata) await jobs.enqueue(mirrorEntitlements, { userId }, { tx });
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
    relayEntitlements({ events, realtime, billing: service, logger }),
  ];
  const stripe =
    stripeSettings.kind === 'on'
      ? createStripe(kernel, { settings: stripeSettings, products, service })
      : undefined;
  const purchases = createStorePurchases({ db, service });
  const apple =
    appleSettings.kind === 'on'
      ? createApple(kernel, { settings: appleSettings, service, purchases })
      : undefined;
  const google = createGoogle(kernel, { settings: googleSettings, products, service, purchases });
  const providers = [stripe, apple, google].flatMap((one) => one?.provider ?? []);
  const reconcile = createReconcile(kernel, {
    settings: reconcileSettings,
    billing: service,
    providers,
  });
  const mirror = createMirror({ authAdmin: kernel.authAdmin, billing: service });
  const parts = {
    routes: [
      ...billingRoutes(service),
      ...billingAdminRoutes(admin),
      ...reconcile.routes,
      ...(stripe?.routes ?? []),
      ...(apple?.routes ?? []),
      ...(google?.routes ?? []),
    ],
    webhooks: [stripe, apple, google].flatMap((one) => one?.webhook ?? []),
    jobs: [
      ...(mirrorsAppMetadata ? billingJobs(mirror) : []),
      ...reconcile.jobs,
      retentionJob(createRetentionRepository(db), retentionDays, logger),
      ...(google?.jobs ?? []),
    ],
    adminActions: [
      ...(mirrorsAppMetadata ? mirrorActions({ jobs, repository }) : []),
      ...reconcile.adminActions,
    ],
    adminPages: [
      {
        name: 'billing',
        changesOn: [
          'billing.purchase-changed',
          'billing.entitlements-changed',
          'billing.fraud-signal-raised',
          'billing.reconciliation-progress',
        ],
      },
    ],
    start: () => {
      reconcile.start();
      timer.start();
    },
    dispose: async () => {
      reconcile.dispose();
      await timer.stop();
      for (const dispose of disposers) dispose();
      await service.close();
    },
  };
  return { service, providers, parts };
}

/** What users have bought, whoever sold it, and so what they may use. */
export const billing = defineModule({
  name: 'billing',
  config: billingSection,
  migrations: new URL('./migrations/', import.meta.url),
  create: (kernel, settings) => createBilling(kernel, settings).parts,
});
