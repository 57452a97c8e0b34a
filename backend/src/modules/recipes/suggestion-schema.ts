import {
  type Infer,
  Joi,
  listOf,
  nullable,
  oneOf,
  shape,
  text,
  uuid,
} from '../../kernel/schema/index.ts';

/** What a name of an ingredient is made of: words, numbers, and what stands between them in a shop. */
const ingredientName = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} '’.,&()%/+-]*$/u;

export const suggestionRequest = shape({
  ingredients: listOf(
    text(1, 60)
      .pattern(ingredientName)
      .messages({ 'string.pattern.base': '{{#label}} must be the name of an ingredient' }),
  )
    .min(1)
    .max(20),
});

/** What comes from a model is shown to people, so it is plain text of bounded length: no markup, no links. */
const plain = (min: number, max: number): Joi.StringSchema =>
  Joi.string()
    .replace(/\s+/g, ' ')
    .trim()
    .min(min)
    .max(max)
    .allow(...(min === 0 ? [''] : []))
    .pattern(/[<>\p{Cc}\p{Cs}]|https?:|www\./iu, { invert: true });

/** What the model answers with; every field is there, as its strict mode wants it. */
export const modelSuggestion = shape({
  title: plain(1, 120),
  description: plain(0, 500),
  ingredients: listOf(
    shape({
      name: plain(1, 100),
      quantity: nullable(Joi.number().positive().max(1_000_000)),
      unit: nullable(plain(0, 30)),
    }),
  )
    .min(1)
    .max(40),
  steps: listOf(plain(1, 600)).min(1).max(30),
  servings: Joi.number().integer().min(1).max(100),
  prepMinutes: Joi.number().integer().min(0).max(10_080),
});
export const mostSuggestions = 5;
export const modelAnswer = shape({ suggestions: listOf(modelSuggestion).max(4 * mostSuggestions) });

const words = (): Joi.StringSchema => Joi.string().allow('');

const suggestion = shape({
  title: words(),
  description: words(),
  ingredients: listOf(
    shape({
      name: words(),
      quantity: nullable(Joi.number()),
      unit: nullable(words()),
    }),
  ),
  steps: listOf(words()),
  servings: nullable(Joi.number().integer()),
  prepMinutes: nullable(Joi.number().integer()),
  uses: listOf(words()).description('Which of the ingredients asked for are in it'),
  recipeId: nullable(uuid()).description('The recipe, where it is one of your own'),
});

export const suggestionAnswer = shape({
  source: oneOf('ai', 'stored').description('A language model, or your own recipes'),
  degraded: Joi.boolean().description('The model could not be asked; try again after Retry-After'),
  ageSeconds: Joi.number().integer().min(0).description('How old the answer of the model is'),
  ingredients: listOf(words()).description('As they were understood'),
  suggestions: listOf(suggestion),
});

export type ModelAnswer = Infer<typeof modelAnswer>;
export type Suggestion = Infer<typeof suggestion>;
export type SuggestionAnswer = Infer<typeof suggestionAnswer>;
