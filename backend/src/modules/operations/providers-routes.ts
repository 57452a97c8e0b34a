import { notFound } from '../../kernel/errors/index.ts';
import { route, type Route } from '../../kernel/http/index.ts';
import type { KernelAdmin } from '../../kernel/module/index.ts';
import { forAdmins, type Mutation } from './mutation.ts';
import { providers as providersBody } from './providers-schema.ts';
import { named } from './schema.ts';

export function providerRoutes(
  { providers }: Pick<KernelAdmin, 'providers'>,
  mutation: Mutation,
): Route[] {
  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/providers',
      summary: 'The upstreams, their breakers and quotas',
      responses: { 200: { description: 'All providers', body: providersBody } },
      handler: async () => ({ body: { providers: await providers.list() } }),
    }),
    mutation({
      method: 'post',
      path: '/admin/providers/:name/reset',
      summary: 'Close a provider’s breaker',
      description:
        'In every process. Calls go out again at once; a provider that is still down opens it again.',
      params: named,
      responses: { 204: { description: 'Closed' } },
      errors: ['NOT_FOUND'],
      audited: { action: 'providers.reset', target: ({ params }) => params.name },
      handler: async ({ params }) => {
        if (!(await providers.reset(params.name))) throw notFound('No such provider.');
        return { status: 204 };
      },
    }),
  ];
}
