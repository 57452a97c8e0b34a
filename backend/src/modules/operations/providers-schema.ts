import { Joi, listOf, nullable, oneOf, optional, shape } from '../../kernel/schema/index.ts';
import { count, moment, quantity, truth, words } from './schema.ts';

export const providerState = shape({
  name: words(),
  breaker: oneOf('closed', 'open', 'half-open'),
  openedAt: nullable(moment()),
  retryAt: nullable(moment()).description('When an open breaker lets one call through'),
  pausedUntil: nullable(moment()).description('It asked for a pause, or its quota is used up'),
  consecutiveFailures: count().description('In a row, of this process'),
  openings: count(),
  lastError: nullable(words().allow('')),
  latencyMs: nullable(shape({ p50: quantity(), p95: quantity(), p99: quantity() })),
  calls: count().description('Of all processes, in the last 5 minutes'),
  failures: count(),
  inFlight: count(),
  waiting: count(),
  quota: nullable(
    shape({ limit: nullable(count()), remaining: count(), resetsAt: nullable(moment()) }),
  ),
});

export const providers = shape({ providers: listOf(providerState) });
export const wasReset = shape({ reset: truth() });

/** What a provider of the sandbox can be told to do wrong; without any of it the provider is well. */
export const faults = shape({
  latencyMs: optional(Joi.number().integer().min(0).max(120_000)),
  status: optional(Joi.number().integer().min(400).max(599)),
  rate429: optional(shape({ retryAfterSeconds: Joi.number().integer().min(0).max(86_400) })),
  reset: optional(truth()),
  garbage: optional(truth()),
  slowBody: optional(truth()),
  quota: optional(shape({ remaining: count() })),
  failRate: optional(Joi.number().min(0).max(1)),
  forNext: optional(Joi.number().integer().min(1).max(1_000_000)).description(
    'For so many calls; without it until it is taken back',
  ),
}).min(1);

export const sandboxProvider = shape({
  name: words(),
  title: words(),
  calls: count(),
  spoilt: count().description('Calls that misbehaved'),
  quota: nullable(shape({ limit: nullable(count()), remaining: nullable(count()) })),
  faults: nullable(Joi.object().unknown()).description('Null: it is well'),
});
export const sandbox = shape({ providers: listOf(sandboxProvider) });
export const sandboxParams = shape({ provider: words().pattern(/^[a-z0-9-]{1,50}$/) });
export const sandboxFaults = shape({ faults: nullable(faults).description('Null heals it') });
