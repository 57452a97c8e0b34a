import {
  type Infer,
  Joi,
  listOf,
  oneOf,
  optional,
  shape,
  text,
  uuid,
  withDefault,
} from '../../kernel/schema/index.ts';
import { count, moment, person, truth, words } from './schema.ts';

const percentage = () =>
  Joi.number().min(0).max(100).description('Of the users, always the same ones');

export const flagRule = shape({
  enabled: truth(),
  percentage: withDefault(percentage(), 100),
  users: withDefault(listOf(uuid()).max(1_000).unique(), []),
  roles: withDefault(listOf(oneOf('user', 'admin', 'service')).unique(), []),
  description: withDefault(text(0, 500), ''),
  version: optional(Joi.number().integer().min(0)).description(
    'Of the flag that is replaced, 0 for a new one. Another one is refused; left out, whatever is there is replaced',
  ),
});

export const flagState = shape({
  name: words(),
  enabled: truth(),
  percentage: percentage(),
  users: listOf(words()),
  roles: listOf(words()),
  description: words().allow(''),
  version: count(),
  changedBy: person,
  changedAt: moment(),
});

export const flags = shape({ flags: listOf(flagState) });
export const flagParams = shape({ name: words().pattern(/^[a-z0-9][a-z0-9._-]{0,99}$/) });

export type FlagRule = Infer<typeof flagRule>;
