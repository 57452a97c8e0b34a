import {
  type Infer,
  Joi,
  listOf,
  nullable,
  oneOf,
  optional,
  shape,
  uuid,
} from '../../kernel/schema/index.ts';
import { count, moment, mostIds, name, next, page, scrubbed } from './schema.ts';

const states = ['received', 'processed', 'failed', 'parked'] as const;
const state = () => oneOf(...states);
const provider = () => name().description('Whose webhook it is, such as `stripe`');

const webhook = shape({
  id: uuid(),
  provider: Joi.string(),
  eventId: Joi.string().description('The provider’s own'),
  type: Joi.string(),
  state: state().description(
    '`received` waits or is tried again; `failed` at its last attempt; `parked`: nobody handles its type',
  ),
  occurredAt: nullable(moment()),
  receivedAt: moment(),
  processedAt: nullable(moment()),
  attempts: count(),
  duplicates: count().description('How often it came again'),
  replays: count(),
  error: nullable(Joi.string().allow('')),
  requestId: Joi.string(),
  kept: scrubbed().description('What is kept of it'),
});

export const webhooksQuery = shape({
  ...page,
  provider: optional(provider()),
  state: optional(state()),
  type: optional(Joi.string().max(200)),
});

export const webhooksPage = shape({
  counts: listOf(shape({ provider: Joi.string(), state: state(), count: count() })).description(
    'Of all that are kept, whatever was asked for',
  ),
  webhooks: listOf(webhook),
  next: next(),
});

/** Some by their ids, or those that came in a time. */
export const replayed = shape({
  ids: optional(listOf(uuid()).min(1).max(mostIds).unique()),
  provider: optional(provider()),
  from: optional(moment()),
  to: optional(moment()),
  state: optional(state()),
})
  .xor('ids', 'provider')
  .and('provider', 'from', 'to')
  .with('state', 'provider');

export type Replayed = Infer<typeof replayed>;
