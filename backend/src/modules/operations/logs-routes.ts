import { route, type Route } from '../../kernel/http/index.ts';
import type { KernelAdmin } from '../../kernel/module/index.ts';
import { logsPage, logsQuery } from './logs-schema.ts';
import { forAdmins } from './mutation.ts';

export function logRoutes({ logs }: Pick<KernelAdmin, 'logs'>): Route[] {
  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/logs',
      summary: 'What the processes have logged',
      description: 'For a live tail ask for what comes `after` the newest row.',
      query: logsQuery,
      responses: { 200: { description: 'One page', body: logsPage } },
      handler: async ({ query }) => ({ body: await logs.search(query) }),
    }),
  ];
}
