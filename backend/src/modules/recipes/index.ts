import { defineModule } from '../../kernel/module/index.ts';
import { recipesSection } from './config.ts';
import { createCookingRepository } from './cooking-repository.ts';
import { createCookingService } from './cooking-service.ts';
import { createOpenAi } from './openai.ts';
import { createRecipeRepository } from './repository.ts';
import { recipeRoutes } from './routes.ts';
import { createRecipeService } from './service.ts';
import { cookingEvents, cookingRooms, relayCookingChanges } from './sockets.ts';
import { suggestionRoutes } from './suggestion-routes.ts';
import { createSuggestionService } from './suggestion-service.ts';

/** Recipes over HTTP, and cooking them together over sockets. The example that other modules are copied from. */
export const recipes = defineModule({
  name: 'recipes',
  config: recipesSection,
  migrations: new URL('./migrations/', import.meta.url),
  create({ db, events, realtime, providers, cache, flags, logger }, { suggestions: ai }) {
    const repository = createRecipeRepository(db);
    const service = createRecipeService({ recipes: repository, events });
    const suggestions = createSuggestionService({
      recipes: repository,
      model: ai.kind === 'on' ? createOpenAi(ai, providers) : undefined,
      waitMs: ai.kind === 'on' ? ai.waitMs : 0,
      cache,
      flags,
      logger,
    });
    const cooking = createCookingService({ sessions: createCookingRepository(db), events });
    return {
      routes: [...suggestionRoutes(suggestions), ...recipeRoutes(service)],
      socketEvents: cookingEvents(cooking),
      socketRooms: [cookingRooms(cooking)],
      dispose: relayCookingChanges(events, realtime),
    };
  },
});
