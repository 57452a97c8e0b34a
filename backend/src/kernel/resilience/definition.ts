import { Joi } from '../schema/index.ts';
import type { ProviderDefinition } from './types.ts';

/** A definition with every default filled in. */
export type Definition = Required<Omit<ProviderDefinition, 'breaker' | 'pauseMs'>> & {
  breaker: Required<NonNullable<ProviderDefinition['breaker']>>;
  pauseMs: Required<NonNullable<ProviderDefinition['pauseMs']>>;
};

const positive = (fallback: number) => Joi.number().integer().min(1).default(fallback);

const definition = Joi.object<Definition>({
  name: Joi.string()
    .pattern(/^[a-z0-9][a-z0-9-]{0,39}$/)
    .required(),
  baseUrl: Joi.string()
    .uri({ scheme: ['http', 'https'] })
    .pattern(/^[^?#@]+$/)
    .required(),
  headers: Joi.function().default(() => () => ({})),
  deadlineMs: positive(15_000),
  interactiveDeadlineMs: positive(5_000),
  attemptMs: Joi.number().integer().min(1),
  attempts: positive(5).max(10),
  pauseMs: Joi.object({
    first: positive(200),
    longest: positive(5_000).min(Joi.ref('first')),
  }).default({
    first: 200,
    longest: 5_000,
  }),
  concurrency: positive(10),
  queue: Joi.number().integer().min(0).default(100),
  breaker: Joi.object({ failures: positive(5), openMs: positive(120_000) }).default({
    failures: 5,
    openMs: 120_000,
  }),
  maxBytes: positive(1_048_576),
}).required();

/** Throws where something in it makes no sense: a fault of the program, seen when it starts. */
export function complete(given: ProviderDefinition): Definition {
  const result = definition.validate(given, { convert: false });
  if (result.error) throw new Error(`Provider ${given.name}: ${result.error.message}`);
  const attemptMs = given.attemptMs ?? result.value.deadlineMs / 2;
  return { ...result.value, baseUrl: given.baseUrl.replace(/\/+$/, ''), attemptMs };
}
