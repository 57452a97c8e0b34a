/**
 * The built server with a cache before the upstream of UPSTREAM_URL: `GET /cached/:cache/:key`, `POST …/invalidate`.
 * What `brief` holds is stale after half a second; `lasting` has the defaults.
 */
import { defineModule, Joi, modules, route, runServer, shape } from './built.ts';

const { UPSTREAM_URL: upstreamUrl = '' } = process.env;
const params = shape({ cache: Joi.string().valid('lasting', 'brief'), key: Joi.string().max(100) });
const body = Joi.object().unknown();
const door = { tag: 'cached', auth: 'public', rateLimit: 'public', params } as const;

const cached = defineModule({
  name: 'cached',
  create({ cache }) {
    const schema = Joi.string();
    const caches = {
      lasting: cache.create({ name: 'prove.lasting', schema }),
      brief: cache.create({ name: 'prove.brief', schema, freshMs: 500 }),
    };
    const of = (name: unknown) => caches[name as keyof typeof caches];
    const load = (key: string) => async (signal: AbortSignal) => {
      const response = await fetch(`${upstreamUrl}/${key}`, { signal });
      if (!response.ok) throw new Error(`The upstream answered ${response.status}`);
      return response.text();
    };
    return {
      routes: [
        route({
          ...door,
          method: 'get',
          path: '/cached/:cache/:key',
          summary: 'What is cached of the key',
          responses: { 200: { description: 'The value and how good it is', body } },
          handler: async ({ params: { cache: name, key } }) => ({
            body: { ...(await of(name).get(key, load(key))), pid: process.pid },
          }),
        }),
        route({
          ...door,
          method: 'post',
          path: '/cached/:cache/:key/invalidate',
          summary: 'Forget it',
          responses: { 204: { description: 'Forgotten' } },
          handler: async ({ params: { cache: name, key } }) => {
            await of(name).invalidate(key);
            return { status: 204 };
          },
        }),
      ],
    };
  },
});

await runServer([...modules, cached]);
