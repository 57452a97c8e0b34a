import { startTestApp, type TestApp, type TestAppOptions } from '../../../../test/support/app.ts';
import type { Kernel, Module } from '../../../kernel/module/index.ts';
import { createBilling, billing } from '../index.ts';
import type { BillingProvider } from '../provider.ts';
import type { Recorded, Why } from '../record.ts';
import type { BillingService } from '../service.ts';
import type { PurchaseTruth } from '../truth.ts';
import { productTable } from './products.ts';

export interface BillingApp extends TestApp {
  readonly billing: BillingService;
  /** Those who sell, as far as the environment configures them. */
  readonly providers: readonly BillingProvider[];
  readonly kernel: Kernel;
  /** In a transaction of its own, as a webhook does it. */
  record(truth: PurchaseTruth, why?: Why): Promise<Recorded>;
  /** What `GET /me/entitlements` answers. */
  mine(accessToken: string): Promise<Record<string, unknown>>;
}

/** The real server with billing, some products, and a way to what takes truths in. */
export async function startBillingApp(
  options: TestAppOptions & { more?: readonly Module[] } = {},
): Promise<BillingApp> {
  let service: BillingService | undefined;
  let providers: readonly BillingProvider[] = [];
  let seen: Kernel | undefined;
  const watched: Module = {
    ...billing,
    create(kernel, settings) {
      const made = createBilling(kernel, settings as Parameters<typeof createBilling>[1]);
      [service, providers, seen] = [made.service, made.providers, kernel];
      return made.parts;
    },
  };
  const app = await startTestApp({
    ...options,
    modules: [watched, ...(options.more ?? [])],
    environment: { BILLING_PRODUCTS: JSON.stringify(productTable), ...options.environment },
  });
  if (!service || !seen) throw new Error('The module was not made');
  const [made, kernel] = [service, seen];
  return {
    ...app,
    billing: made,
    providers,
    kernel,
    record: (truth, why = { source: 'webhook' }) =>
      kernel.db.asService((tx) => made.record(tx, truth, why)),
    async mine(accessToken) {
      const answer = await app.request
        .get('/api/v1/me/entitlements')
        .set('authorization', `Bearer ${accessToken}`);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      return answer.body as Record<string, unknown>;
    },
  };
}
