import {
  bulkhead,
  BulkheadRejectedError,
  DelegateBackoff,
  ExponentialBackoff,
  handleType,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  type IBackoff,
  type IRetryBackoffContext,
} from 'cockatiel';
import { AppError } from '../errors/index.ts';
import type { Definition } from './definition.ts';
import { FailedTry, failedByError, failedByPause } from './failed-try.ts';
import type { CallOutcome, ProviderMetrics } from './provider-metrics.ts';
import type { RecentTries } from './recent-tries.ts';
import { RetryBudget } from './retry-budget.ts';
import type { SharedBreaker } from './shared-breaker.ts';
import { failureOf, rateLimited, timedOut, unavailable } from './upstream-error.ts';

/** After a 429 that does not say how long; doubled with each further one in a row. */
const firstRateLimitPauseMs = 1_000;
const longestRateLimitPauseMs = 60_000;
const aggressive = { strategy: TimeoutStrategy.Aggressive, abortOnReturn: true };

export interface Call {
  idempotent: boolean;
  interactive: boolean;
  signal: AbortSignal | undefined;
}

export type Work<T> = (attempt: { signal: AbortSignal; number: number }) => Promise<T>;

/** The limits of a call, by whether somebody waits for it. */
function limitsOf(deadlineMs: number, attemptMs: number) {
  return {
    deadlineMs,
    attemptMs,
    total: timeout(deadlineMs, aggressive),
    each: timeout(attemptMs, aggressive),
  };
}
type Limits = ReturnType<typeof limitsOf>;

export interface PolicyParts {
  definition: Definition;
  breaker: SharedBreaker;
  metrics: ProviderMetrics;
  recent: RecentTries;
}

/**
 * What stands around every call of one provider, from the outside in: the call's deadline, retries, a place among those under
 * way, the breaker, and the try's own deadline. The open breaker and a pause are looked at first of all, so that their
 * answer costs nothing.
 */
export class Policy {
  readonly #definition: Definition;
  readonly #breaker: SharedBreaker;
  readonly #metrics: ProviderMetrics;
  readonly #recent: RecentTries;
  readonly #budget = new RetryBudget();
  readonly #usual: Limits;
  readonly #interactive: Limits;
  readonly #places;
  readonly #again;
  readonly #pauses;
  #rateLimitsInARow = 0;

  constructor({ definition, breaker, metrics, recent }: PolicyParts) {
    this.#definition = definition;
    this.#breaker = breaker;
    this.#metrics = metrics;
    this.#recent = recent;
    const { deadlineMs, interactiveDeadlineMs, attemptMs } = definition;
    this.#usual = limitsOf(deadlineMs, Math.min(attemptMs, deadlineMs));
    // In the same proportion, so that there is time for another try here as there.
    const share = Math.min(1, attemptMs / deadlineMs);
    this.#interactive = limitsOf(interactiveDeadlineMs, Math.ceil(interactiveDeadlineMs * share));
    this.#places = bulkhead(definition.concurrency, definition.queue);
    // Decorrelated jitter: tries of different calls do not meet again, and a pause may well be shorter than the one before.
    this.#pauses = new ExponentialBackoff({
      initialDelay: definition.pauseMs.first,
      maxDelay: definition.pauseMs.longest,
    });
    this.#again = retry(
      handleType(FailedTry, (failed) => failed.nextAfterMs !== undefined),
      {
        maxAttempts: definition.attempts - 1,
        backoff: new DelegateBackoff<IRetryBackoffContext<unknown>>(({ result }) =>
          'error' in result && result.error instanceof FailedTry
            ? (result.error.nextAfterMs ?? 0)
            : 0,
        ),
      },
    ).dangerouslyUnref();
  }

  get inFlight(): number {
    return this.#definition.concurrency - this.#places.executionSlots;
  }

  get waiting(): number {
    return this.#definition.queue - this.#places.queueSlots;
  }

  get retriesLeft(): number {
    return this.#budget.left;
  }

  /** Rejects with AppError, or with the reason of the caller's own signal. */
  async execute<T>(call: Call, work: Work<T>): Promise<T> {
    call.signal?.throwIfAborted();
    const refused = this.#refusal();
    if (refused !== undefined) throw refused;
    this.#budget.earn();
    const limits = call.interactive ? this.#interactive : this.#usual;
    const endsAt = performance.now() + limits.deadlineMs;
    const course: Course = { endsAt, pause: this.#pauses.next(), last: undefined };
    try {
      const result = await limits.total.execute(
        ({ signal }) =>
          this.#again.execute(async ({ attempt }) => {
            if (attempt > 0) this.#metrics.retry(this.#definition.name, 'made');
            try {
              return await this.#places.execute(
                () => this.#tryOnce(work, attempt + 1, limits, signal, call.signal),
                signal,
              );
            } catch (error) {
              if (error instanceof FailedTry) this.#decide(error, attempt + 1, call, course);
              throw error;
            }
          }, signal),
        call.signal,
      );
      this.#count('ok');
      return result;
    } catch (error) {
      throw this.#explained(error, call, course);
    }
  }

  #refusal(): AppError | undefined {
    const { name } = this.#definition;
    const openForMs = this.#breaker.refusal();
    if (openForMs !== undefined) {
      this.#count('refused_open');
      return unavailable(name, openForMs);
    }
    const pausedForMs = this.#breaker.pausedForMs();
    if (pausedForMs > 0) {
      this.#count('refused_paused');
      return rateLimited(name, pausedForMs);
    }
    return undefined;
  }

  async #tryOnce<T>(
    work: Work<T>,
    number: number,
    limits: Limits,
    signal: AbortSignal,
    callers: AbortSignal | undefined,
  ): Promise<T> {
    // Much may have happened while it waited for a place. Of a pause a retry waits for the end, where there is time.
    const refused = number === 1 ? this.#refusal() : undefined;
    if (refused !== undefined) throw refused;
    const pausedForMs = this.#breaker.pausedForMs();
    if (pausedForMs > 0) throw failedByPause(pausedForMs);
    const admitted = this.#breaker.admit();
    const pass = admitted instanceof Promise ? await admitted : admitted;
    if (pass === undefined) throw this.#refusal() ?? unavailable(this.#definition.name, 1_000);
    const startedAt = performance.now();
    try {
      const result = await limits.each.execute(
        (own) => work({ signal: own.signal, number }),
        signal,
      );
      this.#breaker.settle(pass, 'success');
      this.#rateLimitsInARow = 0;
      this.#seen('ok', startedAt, false);
      return result;
    } catch (error) {
      const tookMs = performance.now() - startedAt;
      if (callers?.aborted === true || isOurs(error)) {
        this.#breaker.settle(pass, 'neutral');
        this.#seen('aborted', startedAt, false);
        throw error;
      }
      const failed =
        error instanceof TaskCancelledError || signal.aborted
          ? lateTry(tookMs, limits.attemptMs)
          : failedByError(this.#definition.name, error);
      this.#breaker.settle(pass, verdictOf(failed), failed.message);
      if (failed.kind === 'rate_limited') this.#pause(failed.retryAfterMs);
      this.#seen(failed.kind, startedAt, failed.blame);
      throw failed;
    }
  }

  #pause(askedMs: number | undefined): void {
    const guessMs = firstRateLimitPauseMs * 2 ** Math.min(this.#rateLimitsInARow, 10);
    this.#rateLimitsInARow += 1;
    this.#breaker.pause(askedMs ?? Math.min(guessMs, longestRateLimitPauseMs));
  }

  /** Whether the call goes on after this. What costs the budget is asked last. */
  #decide(failed: FailedTry, tries: number, call: Call, course: Course): void {
    course.last = failed;
    if (!call.idempotent || !failed.again || tries >= this.#definition.attempts) return;
    if (this.#breaker.refusal() !== undefined) return;
    course.pause = course.pause.next(undefined);
    // Behind what the provider asked for, so that those who wait do not all come in the same moment.
    const askedMs = Math.max(failed.retryAfterMs ?? 0, this.#breaker.pausedForMs());
    const pauseMs = askedMs + course.pause.duration;
    if (performance.now() + pauseMs >= course.endsAt) return;
    if (this.#budget.spend()) failed.nextAfterMs = pauseMs;
    else this.#metrics.retry(this.#definition.name, 'over_budget');
  }

  #explained(error: unknown, call: Call, { last }: Course): unknown {
    const { name } = this.#definition;
    if (call.signal?.aborted === true) {
      this.#count('aborted');
      return call.signal.reason;
    }
    if (error instanceof FailedTry) {
      this.#count(error.kind);
      const waitMs =
        error.kind === 'rate_limited' ? this.#breaker.pausedForMs() : this.#breaker.refusal();
      return failureOf(name, error.kind, waitMs ?? error.retryAfterMs, error.cause ?? error);
    }
    if (error instanceof BulkheadRejectedError) {
      this.#count('refused_full');
      return unavailable(name, 1_000, error);
    }
    if (error instanceof TaskCancelledError) {
      this.#count('timeout');
      return timedOut(name, last ?? error);
    }
    // Refusals were counted, and whatever else the work threw is its own.
    if (!AppError.is(error) || error.provider === undefined) this.#count('aborted');
    return error;
  }

  #count(outcome: CallOutcome): void {
    this.#metrics.call(this.#definition.name, outcome);
  }

  #seen(outcome: CallOutcome, startedAt: number, failed: boolean): void {
    const tookMs = performance.now() - startedAt;
    this.#metrics.attempt(this.#definition.name, outcome, tookMs / 1_000);
    this.#recent.add(tookMs, failed);
  }
}

/** What one call knows of itself. */
interface Course {
  endsAt: number;
  pause: IBackoff<unknown>;
  last: FailedTry | undefined;
}

/** What our own code says about the call, such as that its input is not valid, is no word on the provider. */
const isOurs = (error: unknown): boolean => AppError.is(error);

/** A provider that had little time because the call was nearly over is not blamed. */
const lateTry = (tookMs: number, attemptMs: number): FailedTry =>
  new FailedTry('timeout', {
    reason: `no answer within ${Math.round(tookMs)} ms`,
    blame: tookMs >= attemptMs / 2,
    again: true,
  });

/** Whoever answers is there, whatever the answer. */
const verdictOf = ({ blame, kind }: FailedTry) => {
  if (blame) return 'failure';
  return kind === 'timeout' ? 'neutral' : 'success';
};
