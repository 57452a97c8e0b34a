import { route, type Route } from '../../kernel/http/index.ts';
import { forAdmins, type Mutation } from './mutation.ts';
import {
  sandbox as sandboxBody,
  sandboxFaults,
  sandboxParams,
  sandboxProvider,
} from './providers-schema.ts';
import type { SandboxControl } from './sandbox.ts';
import { sandboxCommand, stores } from './stores-schema.ts';

/** Only where there is a sandbox, so never in staging and production. */
export function sandboxRoutes(sandbox: SandboxControl, mutation: Mutation): Route[] {
  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/sandbox',
      summary: 'The providers of the sandbox and how they misbehave',
      responses: { 200: { description: 'All of them', body: sandboxBody } },
      errors: ['UPSTREAM_UNAVAILABLE'],
      handler: async () => ({ body: { providers: await sandbox.list() } }),
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/sandbox/stores',
      summary: 'Those of the sandbox who sell, what was bought, and the webhooks they sent',
      responses: { 200: { description: 'All of them', body: stores } },
      errors: ['UPSTREAM_UNAVAILABLE'],
      handler: async () => ({ body: { stores: await sandbox.stores() } }),
    }),
    mutation({
      method: 'post',
      path: '/admin/sandbox/:provider/commands',
      summary: 'Have a provider of the sandbox sell, renew, refund, or send its webhooks amiss',
      params: sandboxParams,
      body: sandboxCommand,
      responses: { 204: { description: 'Done' } },
      errors: ['NOT_FOUND', 'STATE_CONFLICT', 'UPSTREAM_UNAVAILABLE'],
      audited: {
        action: 'sandbox.command',
        target: ({ params }) => params.provider,
        details: ({ body }) => ({ ...body }),
      },
      handler: async ({ params, body }) => {
        await sandbox.command(params.provider, body);
        return { status: 204 };
      },
    }),
    mutation({
      method: 'put',
      path: '/admin/sandbox/:provider',
      summary: 'Have a provider of the sandbox misbehave, or heal it',
      params: sandboxParams,
      body: sandboxFaults,
      responses: { 200: { description: 'The provider', body: sandboxProvider } },
      errors: ['NOT_FOUND', 'UPSTREAM_UNAVAILABLE'],
      audited: {
        action: 'sandbox.set',
        target: ({ params }) => params.provider,
        details: ({ body }) => body,
      },
      handler: async ({ params, body }) => ({
        body: await sandbox.set(params.provider, body.faults),
      }),
    }),
  ];
}
