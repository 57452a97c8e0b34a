import { notFound } from '../../kernel/errors/index.ts';
import { route, type Route } from '../../kernel/http/index.ts';
import { jobStates } from '../../kernel/jobs/index.ts';
import type { KernelAdmin } from '../../kernel/module/index.ts';
import { forAdmins, type Mutation } from './mutation.ts';
import { counted } from './schema.ts';
import {
  replayed,
  type Replayed,
  replayedSome,
  webhookDetails,
  webhookParams,
  webhooksPage,
  webhooksQuery,
  webhooksRange,
} from './webhooks-schema.ts';

export function webhookRoutes(
  { webhooks, jobs }: Pick<KernelAdmin, 'webhooks' | 'jobs'>,
  mutation: Mutation,
): Route[] {
  /** The newest of those that were to handle it. */
  async function jobOf({ id, provider }: { id: string; provider: string }) {
    const pages = await Promise.all(
      jobStates.map((state) =>
        jobs.list({ queue: `webhooks.${provider}`, state, search: id, limit: 1 }),
      ),
    );
    const found = pages
      .flatMap((page) => page.jobs)
      .sort((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
    return found[0] ?? null;
  }

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
        return { body: { providers: webhooks.providers(), counts, webhooks: events, next } };
      },
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/webhooks/count',
      summary: 'How many webhooks of a provider came in a time: those that a replay would be of',
      query: webhooksRange,
      responses: { 200: { description: 'How many', body: counted } },
      handler: async ({ query }) => ({ body: { count: await webhooks.inRange(query) } }),
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/webhooks/:id',
      summary: 'One webhook, and the job that was to handle it',
      params: webhookParams,
      responses: { 200: { description: 'The webhook', body: webhookDetails } },
      errors: ['NOT_FOUND'],
      handler: async ({ params }) => {
        const webhook = await webhooks.get(params.id);
        if (!webhook) throw notFound('No such webhook, or it is past its time.');
        const job = await jobOf(webhook);
        return { body: { webhook, job: job && { id: job.id, state: job.state } } };
      },
    }),
    mutation({
      method: 'post',
      path: '/admin/webhooks/replay',
      summary: 'Give webhooks to their handlers again',
      description:
        'Some by their ids, or those of a provider that came in a time, the oldest 1,000 and with `cursor` those behind them. What was done already is not done twice, as a handler asks the provider for the present state.',
      body: replayed,
      responses: { 200: { description: 'How many, and where to go on', body: replayedSome } },
      audited: {
        action: 'webhooks.replay',
        target: ({ body }) => targetOf(body),
        details: ({ body }) => ({ ...body }),
      },
      handler: async ({ body }) => ({ body: await webhooks.replay(selectionOf(body)) }),
    }),
  ];
}

function selectionOf({ ids, provider, from, to, state, cursor }: Replayed) {
  if (provider === undefined || from === undefined || to === undefined) return { ids: ids ?? [] };
  return { provider, from, to, ...(state && { state }), ...(cursor && { cursor }) };
}

function targetOf({ ids = [], provider }: Replayed): string {
  if (provider !== undefined) return provider;
  return ids.length === 1 ? (ids[0] ?? '') : `${ids.length} webhooks`;
}
