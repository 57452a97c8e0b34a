import { notFound } from '../../kernel/errors/index.ts';
import { route, type Route } from '../../kernel/http/index.ts';
import type { KernelAdmin } from '../../kernel/module/index.ts';
import { forAdmins, type Mutation } from './mutation.ts';
import {
  overview as overviewBody,
  overviewQuery,
  sessions as sessionsBody,
  socketParams,
} from './overview-schema.ts';
import type { OperationsService } from './service.ts';

export function overviewRoutes(
  service: OperationsService,
  { sessions }: Pick<KernelAdmin, 'sessions'>,
  mutation: Mutation,
): Route[] {
  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/overview',
      summary: 'How the server is, at a glance',
      description:
        'The series is over all processes and survives their restarts. What cannot be read now is null; the rest is answered all the same.',
      query: overviewQuery,
      responses: { 200: { description: 'The present state', body: overviewBody } },
      handler: async ({ query }) => ({ body: await service.overview(query.minutes) }),
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/sessions',
      summary: 'Who is connected, in every process',
      responses: { 200: { description: 'The sockets', body: sessionsBody } },
      handler: async () => ({ body: await service.sessions() }),
    }),
    mutation({
      method: 'delete',
      path: '/admin/sessions/:id',
      summary: 'End a socket',
      description:
        'Its client is told, and does not come back by itself. The session behind it goes on.',
      params: socketParams,
      responses: { 204: { description: 'Ended' } },
      errors: ['NOT_FOUND'],
      audited: { action: 'sessions.disconnect', target: ({ params }) => params.id },
      handler: async ({ params }) => {
        if (!(await sessions.disconnect(params.id))) throw notFound('No such socket.');
        return { status: 204 };
      },
    }),
  ];
}
