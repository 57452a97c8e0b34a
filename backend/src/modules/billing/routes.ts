import { route, type Route } from '../../kernel/http/index.ts';
import { ownEntitlements, shown } from './schema.ts';
import type { BillingService } from './service.ts';

export function billingRoutes(billing: BillingService): Route[] {
  return [
    route({
      method: 'get',
      path: '/me/entitlements',
      summary: 'What I may use, and why',
      description:
        'From all providers. The socket event `entitlements:changed` carries the same whenever it changes.',
      tag: 'billing',
      auth: 'user',
      rateLimit: 'signed-in',
      responses: { 200: { description: 'As of now', body: ownEntitlements } },
      handler: async ({ caller, signal }) => ({
        body: shown(await billing.viewOfCaller(caller, signal)),
      }),
    }),
  ];
}
