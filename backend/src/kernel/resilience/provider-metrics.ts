import type { Metrics } from '../metrics/index.ts';

/** How a call ended. The `refused_` ones never reached the provider. */
export type CallOutcome =
  | 'ok'
  | 'failed'
  | 'timeout'
  | 'invalid'
  | 'rejected'
  | 'rate_limited'
  | 'aborted'
  | 'refused_open'
  | 'refused_paused'
  | 'refused_full';

/** What is read of a provider at each scrape. */
export interface Gauged {
  readonly name: string;
  breakerState(): 'closed' | 'open' | 'half-open';
  inFlight(): number;
  waiting(): number;
  retriesLeft(): number;
  pausedForMs(): number;
  quotaRemaining(): number | undefined;
}

export interface ProviderMetrics {
  call(provider: string, outcome: CallOutcome): void;
  attempt(provider: string, outcome: CallOutcome, seconds: number): void;
  retry(provider: string, outcome: 'made' | 'over_budget'): void;
  opening(provider: string): void;
  watch(provider: Gauged): void;
}

const seconds = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];
const stateValues = { closed: 0, 'half-open': 1, open: 2 } as const;

export function createProviderMetrics(metrics: Metrics): ProviderMetrics {
  const watched: Gauged[] = [];
  const calls = metrics.counter(
    'bulwark_provider_calls_total',
    'Calls of upstreams by how they ended. Those that were refused here never reached them.',
    ['provider', 'outcome'],
  );
  const attempts = metrics.counter(
    'bulwark_provider_attempts_total',
    'Tries of calls, each a request to the upstream.',
    ['provider', 'outcome'],
  );
  const durations = metrics.histogram(
    'bulwark_provider_duration_seconds',
    'How long tries took.',
    seconds,
    ['provider'],
  );
  const retries = metrics.counter(
    'bulwark_provider_retries_total',
    'Tries after the first, and those that were not made because the retry budget was spent.',
    ['provider', 'outcome'],
  );
  const openings = metrics.counter(
    'bulwark_breaker_openings_total',
    'How often a breaker opened, counted by the process that saw it first.',
    ['provider'],
  );
  const gauge = (
    name: `bulwark_${string}`,
    help: string,
    read: (provider: Gauged) => number | undefined,
  ): void => {
    metrics.gauge(
      name,
      help,
      () =>
        watched.flatMap((provider) => {
          const value = read(provider);
          return value === undefined ? [] : [{ labels: { provider: provider.name }, value }];
        }),
      ['provider'],
    );
  };
  gauge(
    'bulwark_breaker_state',
    'Whether an upstream is asked (0), is tried once to see whether it is well again (1), or is not asked (2).',
    (provider) => stateValues[provider.breakerState()],
  );
  gauge('bulwark_provider_in_flight', 'Requests to an upstream under way.', (provider) =>
    provider.inFlight(),
  );
  gauge('bulwark_provider_waiting', 'Calls that wait for a place.', (provider) =>
    provider.waiting(),
  );
  gauge('bulwark_provider_retry_budget', 'Retries that may be made at once, at most 10.', (one) =>
    one.retriesLeft(),
  );
  gauge(
    'bulwark_provider_paused_seconds',
    'How long an upstream is not asked because it said so; 0 where it is.',
    (provider) => provider.pausedForMs() / 1_000,
  );
  gauge(
    'bulwark_provider_quota_remaining',
    'Calls that the upstream still allows, where it says so.',
    (provider) => provider.quotaRemaining(),
  );

  return {
    call(provider, outcome) {
      calls.add({ provider, outcome });
    },
    attempt(provider, outcome, took) {
      attempts.add({ provider, outcome });
      durations.observe({ provider }, took);
    },
    retry(provider, outcome) {
      retries.add({ provider, outcome });
    },
    opening(provider) {
      openings.add({ provider });
    },
    watch(provider) {
      watched.push(provider);
      // Counting from the start lets an alert see the first increase.
      for (const outcome of ['ok', 'failed', 'timeout'] as const)
        calls.add({ provider: provider.name, outcome }, 0);
      openings.add({ provider: provider.name }, 0);
    },
  };
}
