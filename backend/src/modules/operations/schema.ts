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

/** What the answers of several pages of the console are made of. */
export const words = (): Joi.StringSchema => Joi.string();
export const truth = (): Joi.BooleanSchema => Joi.boolean();
export const moment = () => Joi.date().iso();
export const count = () => Joi.number().integer().min(0);
export const quantity = () => Joi.number().min(0);
export const name = () =>
  words()
    .pattern(/^[a-z0-9][a-z0-9._-]{0,99}$/)
    .description('Lower case letters, digits, dots, dashes and underscores');

export const named = shape({ name: name() });
export const counted = shape({ count: count().description('How many it was done to') });

/** As many as one request names at most. */
export const mostIds = 200;
export const limit = () => withDefault(Joi.number().integer().min(1).max(200), 50);
export const cursor = () => optional(words().max(500));
export const next = () =>
  nullable(words()).description('Send it as `cursor` for the next page; null on the last one');
export const page = { limit: limit(), cursor: cursor() };
export const searched = () => optional(text(1, 200));

/** Anything that a feature has put there, scrubbed. */
export const scrubbed = () => Joi.any();

/** Who an id belongs to, where the account is still there. */
export const person = nullable(shape({ id: uuid(), email: nullable(words()) }));

export const auditQuery = shape({
  limit: limit(),
  cursor: optional(words().pattern(/^\d{1,18}$/)),
  actor: optional(uuid()).description('The id of who did it'),
  action: optional(text(1, 100)).description(
    '`jobs.redrive`, or `jobs` for all that is done to jobs',
  ),
});

export const auditPage = shape({
  entries: listOf(
    shape({
      id: words(),
      at: moment(),
      actor: person,
      action: words(),
      target: words().allow(''),
      details: scrubbed(),
      requestId: words(),
      outcome: words()
        .valid('succeeded', 'failed', 'unknown')
        .description('`unknown`: under way, or its process died'),
      errorCode: nullable(words()),
      result: scrubbed(),
    }),
  ),
  next: next(),
});

export type AuditQuery = Infer<typeof auditQuery>;
