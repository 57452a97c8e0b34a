import type { Audit } from '../../kernel/audit/index.ts';
import { route, type Route } from '../../kernel/http/index.ts';
import { forAdmins } from './mutation.ts';
import type { People } from './people.ts';
import { auditPage, auditQuery } from './schema.ts';

export function auditRoutes(audit: Audit, people: People): Route[] {
  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/audit',
      summary: 'Who did what, newest first',
      query: auditQuery,
      responses: { 200: { description: 'One page', body: auditPage } },
      handler: async ({ query: { actor, ...filter } }) => {
        const { entries, next } = await audit.list({ ...filter, actorId: actor });
        const shown = await people.named(entries, ({ actorId, ...entry }, named) => ({
          ...entry,
          actor: named(actorId),
        }));
        return { body: { entries: shown, next } };
      },
    }),
  ];
}
