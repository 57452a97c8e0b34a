/** The built server with one door that calls an upstream, named by UPSTREAM_URL, and a breaker that opens for OPEN_MS. */
import { defineModule, Joi, route, runServer, shape } from './built.ts';

const { UPSTREAM_URL: baseUrl = '', OPEN_MS: openMs = '120000' } = process.env;

const calling = defineModule({
  name: 'calling',
  create({ providers }) {
    const upstream = providers.create({
      name: 'upstream',
      baseUrl,
      attempts: 1,
      breaker: { openMs: Number(openMs) },
    });
    return {
      routes: [
        route({
          method: 'get',
          path: '/calling',
          summary: 'Asks the upstream',
          tag: 'calling',
          auth: 'public',
          rateLimit: 'public',
          responses: { 200: { description: 'Its answer', body: Joi.object().unknown() } },
          handler: async ({ signal }) => {
            const { body } = await upstream.fetchJson({
              path: '/',
              schema: shape({ well: Joi.boolean() }),
              interactive: true,
              signal,
            });
            return { body };
          },
        }),
      ],
    };
  },
});

await runServer([calling]);
