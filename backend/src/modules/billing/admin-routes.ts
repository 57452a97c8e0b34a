import { route, type Route } from '../../kernel/http/index.ts';
import {
  customer,
  customerParams,
  customers,
  customersQuery,
  purchaseDetails,
  purchaseParams,
  purchasesPage,
  purchasesQuery,
  shownPurchase,
  signalsPage,
  signalsQuery,
} from './admin-schema.ts';
import type { BillingAdmin } from './admin-service.ts';
import { shown } from './schema.ts';

const forAdmins = { tag: 'billing', auth: 'admin', rateLimit: 'signed-in' } as const;

/** What operators read about purchases. */
export function billingAdminRoutes(billing: BillingAdmin): Route[] {
  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/billing/customers',
      summary: 'Users by what is known of them, whether they have bought anything or not',
      query: customersQuery,
      responses: { 200: { description: 'Twenty at most', body: customers } },
      handler: async ({ query }) => ({ body: { users: await billing.customers(query.search) } }),
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/billing/customers/:userId',
      summary: 'What one user has bought, from whom, and what it gives',
      params: customerParams,
      responses: { 200: { description: 'The user', body: customer } },
      errors: ['NOT_FOUND'],
      handler: async ({ params }) => {
        const { user, accounts, view, signals } = await billing.customer(params.userId);
        return {
          body: {
            user,
            accounts,
            entitlements: shown(view).entitlements,
            purchases: view.standings.map((standing) => shownPurchase({ ...standing, user })),
            signals,
          },
        };
      },
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/billing/purchases',
      summary: 'Purchases of all providers, newest first',
      query: purchasesQuery,
      responses: { 200: { description: 'One page', body: purchasesPage } },
      handler: async ({ query }) => {
        const { purchases, next } = await billing.purchases(query);
        return { body: { purchases: purchases.map(shownPurchase), next } };
      },
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/billing/purchases/:id',
      summary: 'One purchase and what became of it',
      params: purchaseParams,
      responses: { 200: { description: 'The purchase', body: purchaseDetails } },
      errors: ['NOT_FOUND'],
      handler: async ({ params }) => {
        const { purchase, history, signals } = await billing.purchase(params.id);
        return { body: { purchase: shownPurchase(purchase), history, signals } };
      },
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/billing/fraud-signals',
      summary: 'Who presented purchases of others, last seen first',
      query: signalsQuery,
      responses: { 200: { description: 'One page', body: signalsPage } },
      handler: async ({ query }) => ({ body: await billing.signals(query) }),
    }),
  ];
}
