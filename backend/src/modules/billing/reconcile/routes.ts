import type { Audit } from '../../../kernel/audit/index.ts';
import { route, type Route } from '../../../kernel/http/index.ts';
import { customerParams } from '../admin-schema.ts';
import {
  driftPage,
  driftQuery,
  runDetails,
  runParams,
  runsPage,
  runsQuery,
  startBody,
  started,
  userReconciled,
} from './schema.ts';
import type { ReconcileService } from './service.ts';

const forAdmins = { tag: 'billing', auth: 'admin', rateLimit: 'signed-in' } as const;

/** What operators have compared with the providers, and what came of it. */
export function reconcileRoutes(service: ReconcileService, audit: Audit): Route[] {
  return [
    route({
      ...forAdmins,
      method: 'post',
      path: '/admin/billing/reconciliations',
      summary: 'Compare what is stored with a provider, or with all',
      description:
        'Starts one run a provider in the background. Of each provider one runs at a time: while it does, it is answered with.',
      body: startBody,
      responses: { 202: { description: 'The runs', body: started } },
      errors: ['STATE_CONFLICT', 'CONFLICT'],
      handler: async ({ body: { provider }, caller, requestId }) => ({
        status: 202,
        body: await audit.around(
          {
            actorId: caller.userId,
            action: 'billing.reconcile',
            target: provider ?? 'all',
            requestId,
          },
          async () => ({
            runs: await service.start(provider, {
              startedBy: 'operator',
              requestedBy: caller.userId,
            }),
          }),
          ({ runs }) => ({ runs: runs.map(({ run, isNew }) => ({ id: run.id, isNew })) }),
        ),
      }),
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/billing/reconciliations',
      summary: 'Reconciliations, newest first',
      query: runsQuery,
      responses: { 200: { description: 'One page', body: runsPage } },
      handler: async ({ query }) => ({ body: await service.list(query) }),
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/billing/reconciliations/:id',
      summary: 'One reconciliation, and what it could not look at',
      params: runParams,
      responses: { 200: { description: 'The run', body: runDetails } },
      errors: ['NOT_FOUND'],
      handler: async ({ params }) => ({ body: await service.run(params.id) }),
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/billing/drift',
      summary: 'The drift ledger: what was wrong with purchases, why and since when; newest first',
      query: driftQuery,
      responses: { 200: { description: 'One page', body: driftPage } },
      handler: async ({ query }) => ({ body: await service.drift(query) }),
    }),
    route({
      ...forAdmins,
      method: 'post',
      path: '/admin/billing/customers/:userId/reconcile',
      summary: 'Compare everything of one user with the providers, at once',
      params: customerParams,
      responses: { 200: { description: 'What came of it', body: userReconciled } },
      errors: ['NOT_FOUND'],
      handler: async ({ params, caller, requestId, signal }) => ({
        body: await audit.around(
          {
            actorId: caller.userId,
            action: 'billing.reconcile-user',
            target: params.userId,
            requestId,
          },
          async () => {
            const { run, items } = await service.user(params.userId, caller.userId, signal);
            return {
              run,
              items: items.map(({ item, purchaseId, outcome, errorCode }) => ({
                kind: item.kind,
                purchaseId,
                outcome,
                errorCode,
              })),
            };
          },
          ({ run: { id, checked, corrected, found, unknown, failed } }) => ({
            runId: id,
            checked,
            corrected,
            found,
            unknown,
            failed,
          }),
        ),
      }),
    }),
  ];
}
