import { createHash } from 'node:crypto';
import type { UserCaller } from '../../kernel/auth/index.ts';
import type { Cache, Caches } from '../../kernel/cache/index.ts';
import { AppError } from '../../kernel/errors/index.ts';
import type { Flags } from '../../kernel/flags/index.ts';
import type { Logger } from '../../kernel/logging/index.ts';
import { normalised, shared } from './ingredients.ts';
import { modelDeadlineMs, type RecipeModel } from './openai.ts';
import type { RecipeRepository } from './repository.ts';
import type { Recipe } from './schema.ts';
import { modelAnswer, mostSuggestions } from './suggestion-schema.ts';
import type { ModelAnswer, Suggestion, SuggestionAnswer } from './suggestion-schema.ts';

/** On by default; operators turn the model off with it while the server runs. */
export const suggestionsFlag = 'recipes.suggestions';
/** Of the caller's recipes so many, the newest, are looked through. */
const mostLookedThrough = 500;
/** When to come back for an answer that is still being written. */
const comeBackSeconds = 10;

export interface SuggestionServiceOptions {
  recipes: RecipeRepository;
  /** Undefined where the feature is off. */
  model: RecipeModel | undefined;
  /** How long a caller waits for it. */
  waitMs: number;
  cache: Caches;
  flags: Flags;
  logger: Logger;
}

export interface Suggested {
  answer: SuggestionAnswer;
  /** Seconds, where the answer is degraded. */
  retryAfter?: number;
}

export type SuggestionService = ReturnType<typeof createSuggestionService>;

export function createSuggestionService(options: SuggestionServiceOptions) {
  const { recipes, model, waitMs, flags, logger } = options;
  const answers: Cache<ModelAnswer> = options.cache.create({
    name: 'recipes.suggestions',
    schema: modelAnswer,
    loadWithinMs: modelDeadlineMs + 1_000,
  });

  /** The caller waits `waitMs`. The model may take longer: what it says is kept for whoever asks next. */
  async function ofModel(
    asking: RecipeModel,
    ingredients: string[],
    signal: AbortSignal,
  ): Promise<SuggestionAnswer> {
    const key = createHash('sha256')
      .update(JSON.stringify([asking.version, ingredients]))
      .digest('base64url');
    const { value, ageMs } = await answers.get(
      key,
      (loading) => asking.suggest(ingredients, loading),
      { signal: AbortSignal.any([signal, AbortSignal.timeout(waitMs)]) },
    );
    return {
      source: 'ai',
      degraded: false,
      ageSeconds: Math.floor(ageMs / 1_000),
      ingredients,
      suggestions: value.suggestions.map((suggestion) => ({
        ...suggestion,
        uses: shared(ingredients, suggestion.ingredients),
        recipeId: null,
      })),
    };
  }

  async function ofStored(
    caller: UserCaller,
    ingredients: string[],
    signal: AbortSignal,
  ): Promise<SuggestionAnswer> {
    const own = await recipes.newestOwn(caller, mostLookedThrough, signal);
    const suggestions = own
      .map((recipe) => ({ recipe, uses: shared(ingredients, recipe.ingredients) }))
      .filter(({ uses }) => uses.length > 0)
      .sort((one, other) => other.uses.length - one.uses.length)
      .slice(0, mostSuggestions)
      .map(({ recipe, uses }) => suggestionOf(recipe, uses));
    return { source: 'stored', degraded: true, ageSeconds: 0, ingredients, suggestions };
  }

  return {
    /** Rejects with NOT_IMPLEMENTED where the feature is off. */
    async suggest(
      caller: UserCaller,
      asked: readonly string[],
      signal: AbortSignal,
    ): Promise<Suggested> {
      if (model === undefined)
        throw new AppError('NOT_IMPLEMENTED', {
          message: 'Recipe suggestions are not set up on this server.',
        });
      const ingredients = normalised(asked);
      if (!(await flags.boolean(suggestionsFlag, true, caller)))
        return { answer: await ofStored(caller, ingredients, signal) };
      try {
        return { answer: await ofModel(model, ingredients, signal) };
      } catch (error) {
        signal.throwIfAborted();
        if (!isModelsFault(error)) throw error;
        logger.warn({ err: error }, 'Recipes are suggested without the model');
        const retryAfter = (AppError.is(error) && error.retryAfterSeconds) || comeBackSeconds;
        return { answer: await ofStored(caller, ingredients, signal), retryAfter };
      }
    },
  };
}

/** It failed, or took longer than the caller waits. */
const isModelsFault = (error: unknown): boolean =>
  AppError.is(error)
    ? error.code.startsWith('UPSTREAM_')
    : error instanceof DOMException && error.name === 'TimeoutError';

const suggestionOf = (recipe: Recipe, uses: string[]): Suggestion => ({
  title: recipe.title,
  description: recipe.description,
  ingredients: recipe.ingredients.map(({ name, quantity = null, unit = null }) => ({
    name,
    quantity,
    unit,
  })),
  steps: recipe.steps,
  servings: recipe.servings,
  prepMinutes: recipe.prepMinutes,
  uses,
  recipeId: recipe.id,
});
