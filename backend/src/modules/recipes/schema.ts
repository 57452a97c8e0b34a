import {
  type Infer,
  Joi,
  listOf,
  nullable,
  oneOf,
  optional,
  shape,
  text,
  uuid,
  withDefault,
} from '../../kernel/schema/index.ts';

/** The table repeats these limits, for writers that do not come through here. */
const fields = {
  title: text(1, 200),
  description: text(0, 2000),
  ingredients: listOf(
    shape({
      name: text(1, 200),
      quantity: optional(Joi.number().positive().max(1_000_000)),
      unit: optional(text(1, 30)),
    }),
  ).max(100),
  steps: listOf(text(1, 1000)).max(100),
  tags: listOf(text(1, 40).lowercase()).max(20).unique(),
  isPublic: Joi.boolean(),
  servings: nullable(Joi.number().integer().min(1).max(100)),
  prepMinutes: nullable(Joi.number().integer().min(0).max(10_080)),
};

const details = {
  description: optional(fields.description),
  ingredients: optional(fields.ingredients),
  steps: optional(fields.steps),
  tags: optional(fields.tags),
  isPublic: optional(fields.isPublic),
  servings: optional(fields.servings),
  prepMinutes: optional(fields.prepMinutes),
};

export const newRecipe = shape({ title: fields.title, ...details });
export const recipeChanges = shape({ title: optional(fields.title), ...details }).min(1);

export const recipe = shape({
  id: uuid(),
  ownerId: uuid(),
  ...fields,
  version: Joi.number().integer(),
  createdAt: Joi.date().iso(),
  updatedAt: Joi.date().iso(),
});

export const recipeParams = shape({ id: uuid() });

export const recipeQuery = shape({
  limit: withDefault(Joi.number().integer().min(1).max(100), 20),
  cursor: optional(Joi.string().max(300)),
  tag: optional(text(1, 40).lowercase()),
  q: optional(text(1, 100)).description('Text within the title or the name of an ingredient'),
  owner: optional(oneOf('me')),
  visibility: optional(oneOf('public', 'private')),
});

export const recipePage = shape({
  items: listOf(recipe),
  nextCursor: nullable(Joi.string()).description('Null on the last page'),
});

export type NewRecipe = Infer<typeof newRecipe>;
export type RecipeChanges = Infer<typeof recipeChanges>;
export type Recipe = Infer<typeof recipe>;
export type RecipeQuery = Infer<typeof recipeQuery>;
export type RecipePage = Infer<typeof recipePage>;
