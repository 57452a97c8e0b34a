import type * as Http from '../../src/kernel/http/index.ts';
import type * as ModuleParts from '../../src/kernel/module/index.ts';
import type * as Realtime from '../../src/kernel/realtime/index.ts';
import type * as SchemaParts from '../../src/kernel/schema/index.ts';
import { failingWays } from './failing-ways.ts';

/** The server's own parts, from the sources or from the build. */
type Parts = Pick<typeof Http, 'route'> &
  Pick<typeof ModuleParts, 'defineModule'> &
  Pick<typeof Realtime, 'socketEvent'> &
  Pick<typeof SchemaParts, 'Joi' | 'shape'>;

/** A feature that fails on request, with all that the request said in its error. */
export function failingModule({ route, defineModule, socketEvent, Joi, shape }: Parts) {
  const said = Joi.string().max(50_000).required();
  const headers = shape({ cookie: said, referer: said, 'x-note': said });
  return defineModule({
    name: 'failing',
    create: ({ db }) => ({
      routes: [
        route({
          method: 'post',
          path: '/fail/:way',
          summary: 'Fails',
          tag: 'failing',
          auth: 'public',
          rateLimit: 'public',
          params: shape({ way: said }),
          query: shape({ note: said }),
          headers,
          body: shape({ note: said }),
          responses: { 200: { description: 'Never' } },
          handler: async ({ params, query, headers: sent, body }) => {
            const all = [body.note, query.note, ...Object.values(sent)].join(' , ');
            await failingWays[params.way]?.(all, db);
            return { body: {} };
          },
        }),
        route({
          method: 'post',
          path: '/fail-later/:how',
          summary: 'Fails where nobody catches it',
          tag: 'failing',
          auth: 'public',
          rateLimit: 'public',
          params: shape({ how: said }),
          body: shape({ note: said }),
          responses: { 200: { description: 'Done' } },
          handler: ({ params, body }) => {
            setImmediate(() => {
              const error = new Error(`nobody caught ${body.note}`);
              if (params.how === 'throw') throw error;
              void Promise.reject(error);
            });
            return Promise.resolve({ body: {} });
          },
        }),
      ],
      socketEvents: [
        socketEvent({
          name: 'fail:now',
          summary: 'Fails',
          auth: 'user',
          rateLimit: 'signed-in',
          payload: shape({ way: said, note: said }),
          handler: async ({ payload }) => {
            await failingWays[payload.way]?.(payload.note, db);
          },
        }),
      ],
    }),
  });
}
