import {
  type Infer,
  Joi,
  listOf,
  nullable,
  oneOf,
  optional,
  shape,
  uuid,
  withDefault,
} from '../../kernel/schema/index.ts';
import { gameId, setId } from './schema.ts';

export const syncKinds = ['set', 'variants'] as const;
export type SyncKind = (typeof syncKinds)[number];

const count = () => Joi.number().integer();
const tally = () =>
  shape({ inserted: count(), updated: count(), unchanged: count(), rejected: count() });

export const sync = shape({
  id: uuid(),
  kind: oneOf(...syncKinds),
  gameId: Joi.string(),
  setId: Joi.string(),
  status: oneOf('queued', 'running', 'waiting', 'retrying', 'completed', 'failed'),
  done: count().description('Cards asked for so far'),
  total: nullable(count()).description('Cards in all, once that is known'),
  pages: count(),
  cards: tally(),
  variants: tally(),
  rejections: listOf(
    shape({ kind: oneOf('card', 'variant'), id: nullable(Joi.string()), reason: Joi.string() }),
  ).description('The first of the rejected rows'),
  resumesAt: nullable(Joi.date().iso()).description('While it waits for the provider'),
  errorCode: nullable(Joi.string()).description('Of its last failed attempt'),
  createdAt: Joi.date().iso(),
  startedAt: nullable(Joi.date().iso()),
  finishedAt: nullable(Joi.date().iso()),
});

export const newSync = shape({
  game: gameId(),
  set: setId(),
  kind: withDefault(oneOf(...syncKinds), 'set').description(
    'set: every card with its variants; variants: prices of the cards that are here',
  ),
});

export const syncParams = shape({ id: uuid() });
export const syncQuery = shape({
  limit: withDefault(Joi.number().integer().min(1).max(100), 20),
  status: optional(oneOf('queued', 'running', 'waiting', 'retrying', 'completed', 'failed')),
});
export const syncList = shape({ items: listOf(sync) });

/** Of both jobs; what is to be done stands in the row. */
export const syncJobPayload = shape({ syncId: uuid() });

export type Sync = Infer<typeof sync>;
export type NewSync = Infer<typeof newSync>;
