import { route, type Route } from '../../kernel/http/index.ts';
import { suggestionAnswer, suggestionRequest } from './suggestion-schema.ts';
import type { SuggestionService } from './suggestion-service.ts';

export const suggestionRoutes = (suggestions: SuggestionService): Route[] => [
  route({
    method: 'post',
    path: '/recipes/suggestions',
    summary: 'Suggest recipes from ingredients',
    description:
      'By a language model. While it cannot be asked, or takes too long, the answer is `degraded`: your own recipes ' +
      'that have some of the ingredients. Nothing is stored; to keep a suggestion, create a recipe from it.',
    tag: 'recipes',
    auth: 'user',
    rateLimit: 'expensive',
    body: suggestionRequest,
    responses: {
      200: {
        description: 'Suggestions, best first',
        body: suggestionAnswer,
        headers: { 'Retry-After': 'On a degraded answer: in how many seconds to ask again' },
      },
    },
    errors: ['NOT_IMPLEMENTED'],
    handler: async ({ body, caller, signal }) => {
      const { answer, retryAfter } = await suggestions.suggest(caller, body.ingredients, signal);
      return {
        body: answer,
        ...(retryAfter !== undefined && { headers: { 'Retry-After': String(retryAfter) } }),
      };
    },
  }),
];
