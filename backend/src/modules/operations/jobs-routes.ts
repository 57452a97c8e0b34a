import { notFound } from '../../kernel/errors/index.ts';
import { route, type Route } from '../../kernel/http/index.ts';
import type { KernelAdmin } from '../../kernel/module/index.ts';
import { csvOfJobs } from './jobs-csv.ts';
import {
  exportQuery,
  job,
  jobParams,
  jobsPage,
  jobsQuery,
  mostExported,
  queues,
  redriven,
  selected,
  throughput,
  throughputQuery,
} from './jobs-schema.ts';
import { forAdmins, type Mutation } from './mutation.ts';
import { counted, named } from './schema.ts';

export function queueRoutes({ jobs }: Pick<KernelAdmin, 'jobs'>, mutation: Mutation): Route[] {
  /** Only queues that there are. */
  async function known(name: string): Promise<string> {
    const all = await jobs.queues();
    if (!all.some((queue) => queue.name === name)) throw notFound('No such queue.');
    return name;
  }

  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/queues',
      summary: 'The queues and what waits in them',
      responses: { 200: { description: 'All queues', body: queues } },
      handler: async () => ({ body: { queues: await jobs.queues() } }),
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/queues/:name/throughput',
      summary: 'What a queue has done, minute by minute',
      params: named,
      query: throughputQuery,
      responses: { 200: { description: 'The last minutes', body: throughput } },
      errors: ['NOT_FOUND'],
      handler: async ({ params, query }) => ({
        body: { points: await jobs.throughput(await known(params.name), query.minutes) },
      }),
    }),
    mutation({
      method: 'post',
      path: '/admin/queues/:name/pause',
      summary: 'Start no further job of a queue',
      description: 'Jobs under way go on to their end; what is enqueued waits.',
      params: named,
      responses: { 204: { description: 'Paused' } },
      errors: ['NOT_FOUND'],
      audited: { action: 'queues.pause', target: ({ params }) => params.name },
      handler: async ({ params }) => {
        if (!(await jobs.pause(params.name))) throw notFound('No such queue.');
        return { status: 204 };
      },
    }),
    mutation({
      method: 'post',
      path: '/admin/queues/:name/resume',
      summary: 'Go on with a paused queue',
      params: named,
      responses: { 204: { description: 'Resumed' } },
      errors: ['NOT_FOUND'],
      audited: { action: 'queues.resume', target: ({ params }) => params.name },
      handler: async ({ params }) => {
        if (!(await jobs.resume(params.name))) throw notFound('No such queue.');
        return { status: 204 };
      },
    }),
  ];
}

const several = (ids: readonly string[]): string =>
  ids.length === 1 ? (ids[0] ?? '') : `${ids.length} jobs`;

export function jobRoutes({ jobs }: Pick<KernelAdmin, 'jobs'>, mutation: Mutation): Route[] {
  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/jobs',
      summary: 'Jobs of a state, newest first',
      query: jobsQuery,
      responses: { 200: { description: 'One page', body: jobsPage } },
      handler: async ({ query }) => ({ body: await jobs.list(query) }),
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/jobs.csv',
      summary: 'The same as a table',
      description: `At most ${mostExported} rows, newest first: filter for others. A cell that a spreadsheet would take for a formula begins with an apostrophe.`,
      query: exportQuery,
      responses: {
        200: {
          description: 'RFC 4180, with names in the first row',
          contentType: 'text/csv; charset=utf-8',
          headers: { 'Content-Disposition': 'A name for the file' },
        },
      },
      handler: ({ query, signal }) =>
        Promise.resolve({
          headers: { 'Content-Disposition': `attachment; filename="jobs-${query.state}.csv"` },
          stream: csvOfJobs(jobs, query, signal),
        }),
    }),
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/jobs/:id',
      summary: 'One job',
      params: jobParams,
      responses: { 200: { description: 'The job', body: job } },
      errors: ['NOT_FOUND'],
      handler: async ({ params }) => {
        const found = await jobs.get(params.id);
        if (!found) throw notFound('No such job.');
        return { body: found };
      },
    }),
    mutation({
      method: 'post',
      path: '/admin/jobs/retry',
      summary: 'Do jobs now that wait for their time, are dead or were discarded',
      body: selected,
      responses: { 200: { description: 'How many it was done to', body: counted } },
      audited: {
        action: 'jobs.retry',
        target: ({ body }) => several(body.ids),
        details: ({ body }) => body,
      },
      handler: async ({ body }) => ({ body: { count: await jobs.retry(body.ids) } }),
    }),
    mutation({
      method: 'post',
      path: '/admin/jobs/redrive',
      summary: 'Send dead jobs back to their queue',
      description: 'Some, all of a queue, or all. What is not dead any more is left alone.',
      body: redriven,
      responses: { 200: { description: 'How many it was done to', body: counted } },
      audited: {
        action: 'jobs.redrive',
        target: ({ body }) => body.queue ?? (body.ids ? several(body.ids) : 'all dead jobs'),
        details: ({ body }) => body,
      },
      handler: async ({ body: { ids, queue } }) => {
        const which = ids ? { ids } : queue === undefined ? { all: true as const } : { queue };
        return { body: { count: await jobs.redrive(which) } };
      },
    }),
    mutation({
      method: 'post',
      path: '/admin/jobs/discard',
      summary: 'Give up jobs that are dead or wait',
      description: 'They are kept for the record as `failed`.',
      body: selected,
      responses: { 200: { description: 'How many it was done to', body: counted } },
      audited: {
        action: 'jobs.discard',
        target: ({ body }) => several(body.ids),
        details: ({ body }) => body,
      },
      handler: async ({ body }) => ({ body: { count: await jobs.discard(body.ids) } }),
    }),
  ];
}
