import { apiPrefix, route, type Route } from '../../kernel/http/index.ts';
import { upstreamErrors } from '../../kernel/resilience/index.ts';
import type { SyncService } from './sync-service.ts';
import { newSync, sync, syncList, syncParams, syncQuery } from './sync-schema.ts';

const tag = 'catalog';
const rules = { tag, auth: 'admin', rateLimit: 'signed-in' } as const;
const location = { Location: 'Where to look at it' };

export function syncRoutes(syncs: SyncService): Route[] {
  return [
    route({
      ...rules,
      method: 'post',
      path: '/catalog/syncs',
      summary: 'Synchronise a set with the provider',
      description:
        'One of a kind at a time for a set: where one is under way, 200 answers with that one. Its progress is at its Location, and over a socket after `catalog:watch-sync`.',
      body: newSync,
      responses: {
        202: { description: 'It is queued', body: sync, headers: location },
        200: { description: 'One was under way already', body: sync, headers: location },
      },
      errors: ['CONFLICT', ...upstreamErrors, 'NOT_IMPLEMENTED'],
      handler: async ({ body, caller, requestId }) => {
        const by = { userId: caller.userId, requestId };
        const requested = await syncs.request(body, by);
        return {
          status: requested.jobId === null ? 200 : 202,
          headers: { Location: `${apiPrefix}/catalog/syncs/${requested.sync.id}` },
          body: requested.sync,
        };
      },
    }),

    route({
      ...rules,
      method: 'get',
      path: '/catalog/syncs',
      summary: 'List synchronisations, newest first',
      query: syncQuery,
      responses: { 200: { description: 'The latest', body: syncList } },
      handler: async ({ query, caller }) => ({ body: await syncs.list(caller, query) }),
    }),

    route({
      ...rules,
      method: 'get',
      path: '/catalog/syncs/:id',
      summary: 'Look at a synchronisation',
      params: syncParams,
      responses: { 200: { description: 'How far it is', body: sync } },
      errors: ['NOT_FOUND'],
      handler: async ({ params, caller }) => ({ body: await syncs.find(caller, params.id) }),
    }),
  ];
}
