import { defineModule } from '../../kernel/module/index.ts';
import { createCookingRepository } from './cooking-repository.ts';
import { createCookingService } from './cooking-service.ts';
import { createRecipeRepository } from './repository.ts';
import { recipeRoutes } from './routes.ts';
import { createRecipeService } from './service.ts';
import { cookingEvents, cookingRooms, relayCookingChanges } from './sockets.ts';

/** Recipes over HTTP, and cooking them together over sockets. The example that other modules are copied from. */
export const recipes = defineModule({
  name: 'recipes',
  migrations: new URL('./migrations/', import.meta.url),
  create({ db, events, realtime }) {
    const service = createRecipeService({ recipes: createRecipeRepository(db), events });
    const cooking = createCookingService({ sessions: createCookingRepository(db), events });
    return {
      routes: recipeRoutes(service),
      socketEvents: cookingEvents(cooking),
      socketRooms: [cookingRooms(cooking)],
      dispose: relayCookingChanges(events, realtime),
    };
  },
});
