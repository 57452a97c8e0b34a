import { apiPrefix, route, type Route } from '../../kernel/http/index.ts';
import { Joi, optional, shape } from '../../kernel/schema/index.ts';
import { alreadyHas, etagOf, requiredVersions, versionsIn } from './etag.ts';
import {
  newRecipe,
  recipe,
  recipeChanges,
  recipePage,
  recipeParams,
  recipeQuery,
  type Recipe,
} from './schema.ts';
import type { RecipeService } from './service.ts';

const tag = 'recipes';
const etagHeader = { ETag: 'The version, for If-Match and If-None-Match' };
const ifMatch = shape({ 'if-match': optional(Joi.string().max(1000)) });
const ifNoneMatch = shape({ 'if-none-match': optional(Joi.string().max(1000)) });

/** Clients may keep a recipe, and ask each time whether it has changed. */
const validators = ({ version }: Recipe) => ({
  ETag: etagOf(version),
  'Cache-Control': 'private, no-cache',
});

export function recipeRoutes(recipes: RecipeService): Route[] {
  return [
    route({
      method: 'post',
      path: '/recipes',
      summary: 'Create a recipe',
      description: 'Only the title is needed. It is unique among your recipes, in any case.',
      tag,
      auth: 'user',
      rateLimit: 'signed-in',
      idempotency: 'optional',
      body: newRecipe,
      responses: {
        201: {
          description: 'The new recipe',
          body: recipe,
          headers: { Location: 'Where it is', ...etagHeader },
        },
      },
      errors: ['DUPLICATE_ENTRY'],
      handler: ({ body, once }) =>
        once(async (tx) => {
          const created = await recipes.create(tx, body);
          return {
            status: 201,
            headers: {
              Location: `${apiPrefix}/recipes/${created.id}`,
              ETag: etagOf(created.version),
            },
            body: created,
          };
        }),
    }),

    route({
      method: 'get',
      path: '/recipes',
      summary: 'List recipes, newest first',
      description: 'Public ones and your own. Pass `nextCursor` as `cursor` for the next page.',
      tag,
      auth: 'public',
      rateLimit: 'public',
      query: recipeQuery,
      responses: { 200: { description: 'One page', body: recipePage } },
      errors: ['UNAUTHENTICATED'],
      handler: async ({ query, caller, signal }) => ({
        body: await recipes.list(caller, query, signal),
      }),
    }),

    route({
      method: 'get',
      path: '/recipes/:id',
      summary: 'Read a recipe',
      tag,
      auth: 'public',
      rateLimit: 'public',
      params: recipeParams,
      headers: ifNoneMatch,
      responses: {
        200: { description: 'The recipe', body: recipe, headers: etagHeader },
        304: { description: 'The version named in If-None-Match is the present one' },
      },
      errors: ['NOT_FOUND'],
      handler: async ({ params, headers, caller, signal }) => {
        const found = await recipes.find(caller, params.id, signal);
        return alreadyHas(headers['if-none-match'], found.version)
          ? { status: 304, headers: validators(found) }
          : { headers: validators(found), body: found };
      },
    }),

    route({
      method: 'patch',
      path: '/recipes/:id',
      summary: 'Change a recipe',
      description:
        'Send what changes, and the ETag you have read as If-Match (`*` for any version).',
      tag,
      auth: 'user',
      rateLimit: 'signed-in',
      params: recipeParams,
      headers: ifMatch,
      body: recipeChanges,
      responses: { 200: { description: 'The changed recipe', body: recipe, headers: etagHeader } },
      errors: [
        'NOT_FOUND',
        'FORBIDDEN',
        'DUPLICATE_ENTRY',
        'PRECONDITION_REQUIRED',
        'PRECONDITION_FAILED',
      ],
      handler: async ({ params, headers, body, caller }) => {
        const expected = requiredVersions(headers['if-match']);
        const updated = await recipes.update(caller, params.id, expected, body);
        return { headers: { ETag: etagOf(updated.version) }, body: updated };
      },
    }),

    route({
      method: 'delete',
      path: '/recipes/:id',
      summary: 'Delete a recipe',
      description: 'Its cooking sessions end. With If-Match, only that version is deleted.',
      tag,
      auth: 'user',
      rateLimit: 'signed-in',
      params: recipeParams,
      headers: ifMatch,
      responses: { 204: { description: 'Gone' } },
      errors: ['NOT_FOUND', 'FORBIDDEN', 'PRECONDITION_FAILED'],
      handler: async ({ params, headers, caller }) => {
        await recipes.remove(caller, params.id, versionsIn(headers['if-match'] ?? '*'));
        return { status: 204 };
      },
    }),
  ];
}
