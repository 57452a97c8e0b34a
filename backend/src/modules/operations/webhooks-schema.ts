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
import { jobStates } from '../../kernel/jobs/index.ts';
import {
  count,
  cursor,
  moment,
  mostIds,
  name,
  next,
  page,
  scrubbed,
  searched,
  words,
} from './schema.ts';

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
  type: optional(Joi.string().max(200)).description('All of it, or its beginning before a `*`'),
  search: searched().description('Part of an id, a type, an error, or what is kept'),
});

export const webhooksPage = shape({
  providers: listOf(Joi.string()).description('Whose webhooks this server takes'),
  counts: listOf(shape({ provider: Joi.string(), state: state(), count: count() })).description(
    'Of all that are kept, whatever was asked for',
  ),
  webhooks: listOf(webhook),
  next: next(),
});

export const webhookParams = shape({ id: uuid() });
export const webhookDetails = shape({
  webhook,
  job: nullable(shape({ id: Joi.string(), state: oneOf(...jobStates) })).description(
    'The last one that was to handle it; null where it is past its time, or there was none',
  ),
});

export const webhooksRange = shape({
  provider: provider(),
  from: moment(),
  to: moment(),
  state: optional(state()),
});

/** Some by their ids, or those that came in a time. */
export const replayed = shape({
  ids: optional(listOf(uuid()).min(1).max(mostIds).unique()),
  provider: optional(provider()),
  from: optional(moment()),
  to: optional(moment()),
  state: optional(state()),
  cursor: cursor(),
})
  .xor('ids', 'provider')
  .and('provider', 'from', 'to')
  .with('state', 'provider')
  .with('cursor', 'provider');

export type Replayed = Infer<typeof replayed>;

export const replayedSome = shape({
  count: count().description('How many went to their handlers'),
  next: nullable(words()).description(
    'Send the same range with it as `cursor` for those that came later; null when there are none',
  ),
});
