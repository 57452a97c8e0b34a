import type { Caller } from '../../kernel/auth/index.ts';
import type { Transaction } from '../../kernel/db/index.ts';
import {
  type AppError,
  forbidden,
  notFound,
  preconditionFailed,
  unauthenticated,
} from '../../kernel/errors/index.ts';
import type { EventBus } from '../../kernel/events/index.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Versions } from './etag.ts';
import type { RecipeRepository } from './repository.ts';
import type { NewRecipe, Recipe, RecipeChanges, RecipePage, RecipeQuery } from './schema.ts';

export interface RecipeServiceOptions {
  recipes: RecipeRepository;
  events: EventBus;
}

export type RecipeService = ReturnType<typeof createRecipeService>;

export function createRecipeService({ recipes, events }: RecipeServiceOptions) {
  /** Why a write found no row. What one may not see does not exist. */
  async function refusal(caller: Caller, id: string): Promise<AppError> {
    const recipe = await recipes.find(caller, id);
    if (!recipe) return notFound();
    const own = caller.kind === 'user' && caller.userId === recipe.ownerId;
    return own ? preconditionFailed() : forbidden();
  }

  return {
    create: (tx: Transaction, draft: NewRecipe): Promise<Recipe> => recipes.create(tx, draft),

    async find(caller: Caller, id: string, signal: AbortSignal): Promise<Recipe> {
      const recipe = await recipes.find(caller, id, signal);
      if (!recipe) throw notFound();
      return recipe;
    },

    /** Newest first. */
    async list(caller: Caller, query: RecipeQuery, signal: AbortSignal): Promise<RecipePage> {
      const { cursor, limit, ...filter } = query;
      if (filter.owner === 'me' && caller.kind === 'anonymous') throw unauthenticated();
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      // One more than asked tells whether another page follows.
      const found = await recipes.list(caller, { ...filter, after, limit: limit + 1 }, signal);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, nextCursor: last && found.length > limit ? encodeCursor(last) : null };
    },

    async update(
      caller: Caller,
      id: string,
      expected: Versions,
      changes: RecipeChanges,
    ): Promise<Recipe> {
      const updated = await recipes.update(caller, id, expected, changes);
      if (!updated) throw await refusal(caller, id);
      return updated;
    },

    async remove(caller: Caller, id: string, expected: Versions): Promise<void> {
      const removed = await recipes.remove(caller, id, expected);
      if (!removed) throw await refusal(caller, id);
      for (const sessionId of removed.sessionIds) {
        events.publish('cooking.ended', { sessionId, reason: 'recipe-deleted' });
      }
    },
  };
}
