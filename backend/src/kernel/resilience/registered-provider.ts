import type { Broadcast } from '../broadcast/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import type { Tracing } from '../telemetry/index.ts';
import type { BreakerBoard } from './breaker-board.ts';
import type { Definition } from './definition.ts';
import { Policy } from './policy.ts';
import { createProvider, type HttpProvider } from './provider.ts';
import type { ProviderMetrics } from './provider-metrics.ts';
import { latest, noted, type NotedQuota } from './quota.ts';
import { RecentTries, summarizeTries } from './recent-tries.ts';
import { SharedBreaker } from './shared-breaker.ts';
import type { Sighting } from './sightings.ts';
import type { ProviderState } from './types.ts';

/** Room for a probe to be claimed, made and told of before somebody else takes it over. */
const leaseMarginMs = 5_000;
const longestPauseMs = 24 * 3_600_000;

export const breakerTopic = 'resilience:breaker';

export interface RegisteredParts {
  who: string;
  board: BreakerBoard;
  broadcast: Broadcast;
  logger: Logger;
  metrics: ProviderMetrics;
  scrubber: Scrubber;
  tracing: Tracing;
  version: string;
}

/** A provider with all that belongs to it in this process. */
export interface RegisteredProvider {
  readonly provider: HttpProvider;
  readonly breaker: SharedBreaker;
  /** What this process has to show the others. */
  sighting(): Sighting;
  /** With what the other processes have shown. */
  state(others: readonly Sighting[]): ProviderState;
}

export function registerProvider(
  definition: Definition,
  parts: RegisteredParts,
): RegisteredProvider {
  const { name } = definition;
  const { metrics, broadcast } = parts;
  const recent = new RecentTries();
  let quota: NotedQuota | null = null;

  const breaker = new SharedBreaker({
    ...definition.breaker,
    ...parts,
    name,
    leaseMs: Math.max(definition.attemptMs, definition.interactiveDeadlineMs) + leaseMarginMs,
    announce(row) {
      broadcast.publish(breakerTopic, row);
    },
    opened() {
      metrics.opening(name);
    },
  });
  const policy = new Policy({ definition, breaker, metrics, recent });
  const provider = createProvider({
    ...parts,
    definition,
    policy,
    noteQuota(given) {
      quota = noted(given);
      const waitMs = (quota.resetsAt?.getTime() ?? 0) - Date.now();
      if (quota.remaining <= 0 && waitMs > 0) breaker.pause(Math.min(waitMs, longestPauseMs));
    },
  });
  metrics.watch({
    name,
    breakerState: () => breaker.state,
    inFlight: () => policy.inFlight,
    waiting: () => policy.waiting,
    retriesLeft: () => policy.retriesLeft,
    pausedForMs: () => breaker.pausedForMs(),
    quotaRemaining: () => latest([quota])?.remaining,
  });

  const sighting = (): Sighting => ({
    minutes: recent.minutes(),
    inFlight: policy.inFlight,
    waiting: policy.waiting,
    quota,
  });

  return {
    provider,
    breaker,
    sighting,
    state(others) {
      const all = [sighting(), ...others];
      const dueMs = breaker.refusal();
      const pausedMs = breaker.pausedForMs();
      const left = latest(all.map((seen) => seen.quota));
      const sum = (count: (seen: Sighting) => number): number =>
        all.reduce((total, seen) => total + count(seen), 0);
      return {
        name,
        breaker: breaker.state,
        openedAt: breaker.openedAt,
        retryAt: breaker.state === 'open' ? new Date(Date.now() + (dueMs ?? 0)) : null,
        pausedUntil: pausedMs > 0 ? new Date(Date.now() + pausedMs) : null,
        consecutiveFailures: breaker.consecutiveFailures,
        openings: breaker.openings,
        lastError: breaker.lastError,
        ...summarizeTries(all.flatMap(({ minutes }) => minutes)),
        inFlight: sum((seen) => seen.inFlight),
        waiting: sum((seen) => seen.waiting),
        quota: left && { limit: left.limit, remaining: left.remaining, resetsAt: left.resetsAt },
      };
    },
  };
}
