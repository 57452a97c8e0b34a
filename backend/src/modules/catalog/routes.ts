import { route, type Route } from '../../kernel/http/index.ts';
import { upstreamErrors } from '../../kernel/resilience/index.ts';
import { certificateAnswer, certificateParams } from './certificate-schema.ts';
import type { CertificateService } from './certificate-service.ts';
import { cacheHeaders, ifNoneMatch, notModified, publicAnswer } from './public-answer.ts';
import {
  cardChanges,
  cardPage,
  cardParams,
  cardQuery,
  cardWithVariants,
  gameList,
  gameParams,
  setList,
} from './schema.ts';
import type { CatalogService } from './service.ts';

const tag = 'catalog';
const kept = { auth: 'public', rateLimit: 'public', headers: ifNoneMatch } as const;

export function catalogRoutes(catalog: CatalogService, certificates: CertificateService): Route[] {
  return [
    route({
      ...kept,
      method: 'get',
      path: '/catalog/games',
      summary: 'List the games of the catalog',
      tag,
      responses: {
        200: { description: 'By name', body: gameList, headers: cacheHeaders },
        304: notModified,
      },
      handler: async ({ headers, caller, signal }) =>
        publicAnswer(await catalog.games(caller, signal), headers, caller),
    }),

    route({
      ...kept,
      method: 'get',
      path: '/catalog/games/:gameId/sets',
      summary: 'List the sets of a game',
      tag,
      params: gameParams,
      responses: {
        200: { description: 'Newest first', body: setList, headers: cacheHeaders },
        304: notModified,
      },
      handler: async ({ params, headers, caller, signal }) =>
        publicAnswer(await catalog.sets(caller, params.gameId, signal), headers, caller),
    }),

    route({
      ...kept,
      method: 'get',
      path: '/catalog/cards',
      summary: 'List cards by name',
      description: 'Pass `nextCursor` as `cursor` for the next page.',
      tag,
      query: cardQuery,
      responses: {
        200: { description: 'One page', body: cardPage, headers: cacheHeaders },
        304: notModified,
      },
      handler: async ({ query, headers, caller, signal }) =>
        publicAnswer(await catalog.cards(caller, query, signal), headers, caller),
    }),

    route({
      ...kept,
      method: 'get',
      path: '/catalog/cards/:id',
      summary: 'Read a card with its variants and prices',
      tag,
      params: cardParams,
      responses: {
        200: { description: 'The card', body: cardWithVariants, headers: cacheHeaders },
        304: notModified,
      },
      errors: ['NOT_FOUND'],
      handler: async ({ params, headers, caller, signal }) =>
        publicAnswer(await catalog.card(caller, params.id, signal), headers, caller),
    }),

    route({
      method: 'patch',
      path: '/catalog/cards/:id',
      summary: 'Publish, hide or correct a card',
      description:
        'A correction outlives every synchronisation. `null` gives the field back to the provider.',
      tag,
      auth: 'admin',
      rateLimit: 'signed-in',
      params: cardParams,
      body: cardChanges,
      responses: { 200: { description: 'The card as it is now', body: cardWithVariants } },
      errors: ['NOT_FOUND'],
      handler: async ({ params, body, caller }) => ({
        body: await catalog.change(caller, params.id, body),
      }),
    }),

    route({
      method: 'get',
      path: '/catalog/certificates/:number',
      summary: 'Look up a PSA certificate',
      description:
        'Asks PSA where the certificate is not known, which few calls a day allow: only for who is signed in; others get UNAUTHENTICATED. What is known is answered at once, with its age in `ageSeconds` and the Age header, also while PSA cannot be asked.',
      tag,
      auth: 'public',
      // Each new number costs two of few calls.
      rateLimit: 'expensive',
      params: certificateParams,
      responses: {
        200: {
          description: 'The certificate with its images',
          body: certificateAnswer,
          headers: {
            Age: 'Seconds since PSA was asked',
            'Cache-Control': 'How long it may be kept',
          },
        },
      },
      errors: [
        'UNAUTHENTICATED',
        'NOT_FOUND',
        'UPSTREAM_QUOTA_EXCEEDED',
        ...upstreamErrors,
        'NOT_IMPLEMENTED',
      ],
      handler: async ({ params, caller, signal }) => {
        const found = await certificates.look(caller, params.number, signal);
        return {
          headers: { Age: String(found.ageSeconds), 'Cache-Control': 'public, max-age=3600' },
          body: found,
        };
      },
    }),
  ];
}
