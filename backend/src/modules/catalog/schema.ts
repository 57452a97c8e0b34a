import {
  type Infer,
  Joi,
  listOf,
  nullable,
  optional,
  shape,
  text,
  uuid,
  withDefault,
} from '../../kernel/schema/index.ts';

/** Joi's own is typed by what it is put into, which for a key of an object is anything. */
export const bool = (): Joi.BooleanSchema => Joi.boolean();

/** Ids of games and sets are the provider's: lower case with dashes. */
const slug = (max: number) =>
  Joi.string()
    .max(max)
    .pattern(/^[a-z0-9][a-z0-9.&'_-]*$/i)
    .messages({ 'string.pattern.base': '{{#label}} is no id' });
export const gameId = () => slug(100);
export const setId = () => slug(200);

export const game = shape({
  id: Joi.string(),
  name: Joi.string(),
  setCount: Joi.number().integer().description('Sets that are here'),
});

export const set = shape({
  id: Joi.string(),
  gameId: Joi.string(),
  name: Joi.string(),
  cardCount: Joi.number().integer().description('As the provider counts'),
  releasedOn: nullable(Joi.string()),
  syncedAt: nullable(Joi.date().iso()).description('When it was last whole; null: not yet'),
});

const cardFields = {
  id: uuid(),
  slug: Joi.string(),
  gameId: Joi.string(),
  setId: Joi.string(),
  setName: Joi.string(),
  name: Joi.string(),
  number: nullable(Joi.string()),
  rarity: nullable(Joi.string()),
  tcgplayerId: nullable(Joi.string()),
  isPublished: bool().description('Only admins are shown cards that are not'),
  isCorrected: bool(),
  lastSeenAt: Joi.date().iso(),
  lowestPrice: nullable(Joi.number()).description('Of its variants, in US dollars'),
};

export const variant = shape({
  id: uuid(),
  condition: Joi.string(),
  printing: Joi.string(),
  language: nullable(Joi.string()),
  price: nullable(Joi.number()).description('In US dollars'),
  pricedAt: nullable(Joi.date().iso()).description('When the provider last looked at the price'),
  lastSeenAt: Joi.date().iso(),
});

export const card = shape(cardFields);
export const cardWithVariants = shape({ ...cardFields, variants: listOf(variant) });

export const gameParams = shape({ gameId: gameId() });
export const cardParams = shape({ id: uuid() });

export const cardQuery = shape({
  limit: withDefault(Joi.number().integer().min(1).max(100), 20),
  cursor: optional(Joi.string().max(1_000)),
  game: optional(gameId()),
  set: optional(setId()).description('Needs `game`'),
  q: optional(text(2, 100)).description('Text within the name'),
  rarity: optional(text(1, 60)),
}).with('set', 'game');

export const gameList = shape({ items: listOf(game) });
export const setList = shape({ items: listOf(set) });
export const cardPage = shape({
  items: listOf(card),
  nextCursor: nullable(Joi.string()).description('Null on the last page'),
});

const correction = (max: number) => optional(nullable(text(1, max)));

/** A correction takes the provider's place in every later synchronisation; null gives it back. */
export const cardChanges = shape({
  isPublished: optional(bool()),
  name: correction(300),
  number: correction(60),
  rarity: correction(60),
}).min(1);

export type Game = Infer<typeof game>;
export type CatalogSet = Infer<typeof set>;
export type Card = Infer<typeof card>;
export type Variant = Infer<typeof variant>;
export type CardWithVariants = Infer<typeof cardWithVariants>;
export type CardQuery = Infer<typeof cardQuery>;
export type CardPage = Infer<typeof cardPage>;
export type CardChanges = Infer<typeof cardChanges>;
