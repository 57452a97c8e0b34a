import { randomUUID } from 'node:crypto';
import { defineJob, defineModule, handleJob, Joi, route, shape, text } from '../built.ts';

const tag = 'operated';
const open = { tag, auth: 'public', rateLimit: 'public' } as const;
const responses = { 200: { description: 'Done', body: Joi.object().unknown() } };
const name = text(1, 100);

const ask = defineJob({ name: 'operated.ask', payload: shape({ what: text(1, 100) }) });

/** Doors for what operators do at run time, and for work that leads from a request through a job to a provider. */
export const operated = defineModule({
  name: 'operated',
  create: ({ flags, admin, jobs, providers }) => {
    const { OPERATED_PROVIDER_URL: baseUrl } = process.env;
    const provider =
      baseUrl === undefined ? undefined : providers.create({ name: 'oracle', baseUrl });
    return {
      routes: [
        route({
          ...open,
          method: 'get',
          path: '/operated/flags/:name',
          summary: 'Whether the flag is on, off without one',
          params: shape({ name }),
          responses,
          handler: async ({ params }) => ({
            body: { on: await flags.boolean(params.name, false) },
          }),
        }),
        route({
          ...open,
          method: 'put',
          path: '/operated/flags/:name',
          summary: 'Turns the flag on or off for everybody',
          params: shape({ name }),
          body: shape({ on: Joi.boolean() }),
          responses,
          handler: async ({ params, body }) => {
            const rule = { percentage: 100, users: [], roles: [], description: '' };
            const { version } = await admin.flags.set(
              params.name,
              { ...rule, enabled: Boolean(body.on) },
              { changedBy: randomUUID() },
            );
            return { body: { version } };
          },
        }),
        route({
          ...open,
          method: 'post',
          path: '/operated/questions',
          summary: 'Enqueues a question to a provider',
          body: shape({ what: text(1, 100) }),
          responses: { 202: { description: 'Enqueued' } },
          handler: async ({ body }) => {
            await jobs.enqueue(ask, body);
            return { status: 202, body: undefined };
          },
        }),
      ],
      jobs: [
        handleJob(ask, async ({ payload, signal }) => {
          await provider?.fetchJson({
            path: '/answer',
            query: { of: payload.what },
            schema: Joi.object({ value: Joi.number().required() }),
            signal,
          });
        }),
      ],
    };
  },
});
