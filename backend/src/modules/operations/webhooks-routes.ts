import { route, type Route } from '../../kernel/http/index.ts';
import type { KernelAdmin } from '../../kernel/module/index.ts';
import { forAdmins, type Mutation } from './mutation.ts';
import { counted } from './schema.ts';
import { replayed, type Replayed, webhooksPage, webhooksQuery } from './webhooks-schema.ts';

export function webhookRoutes(
  { webhooks }: Pick<KernelAdmin, 'webhooks'>,
  mutation: Mutation,
): Route[] {
  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/webhooks',
      summary: 'The inbox of webhooks, newest first',
      query: webhooksQuery,
      responses: { 200: { description: 'One page, and how many there are', body: webhooksPage } },
      handler: async ({ query }) => {
        const [{ events, next }, counts] = await Promise.all([
          webhooks.list(query),
          webhooks.counts(),
        ]);
        return { body: { counts, webhooks: events, next } };
      },
    }),
    mutation({
      method: 'post',
      path: '/admin/webhooks/replay',
      summary: 'Give webhooks to their handlers again',
      description:
        'Some by their ids, or those of a provider that came in a time, 1,000 at most: ask again for the rest. What was done already is not done twice, as a handler asks the provider for the present state.',
      body: replayed,
      responses: { 200: { description: 'How many it was done to', body: counted } },
      audited: {
        action: 'webhooks.replay',
        target: ({ body }) => targetOf(body),
        details: ({ body }) => ({ ...body }),
      },
      handler: async ({ body }) => ({ body: { count: await webhooks.replay(selectionOf(body)) } }),
    }),
  ];
}

function selectionOf({ ids, provider, from, to, state }: Replayed) {
  if (provider === undefined || from === undefined || to === undefined) return { ids: ids ?? [] };
  return { provider, from, to, ...(state === undefined ? {} : { state }) };
}

function targetOf({ ids = [], provider }: Replayed): string {
  if (provider !== undefined) return provider;
  return ids.length === 1 ? (ids[0] ?? '') : `${ids.length} webhooks`;
}
