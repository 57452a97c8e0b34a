import type { KernelConfig } from '../config/index.ts';
import { AppError } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { sampleEventLoop, type EventLoopSampler } from './event-loop-delay.ts';

export type WorkKind = 'request' | 'handshake' | 'event';
type Reason = 'event-loop' | 'in-flight';

/** Refuses work that would only wait, so that what is admitted is answered in time. */
export interface LoadShedder {
  /**
   * The error to refuse new work with, SERVICE_UNAVAILABLE, or undefined where it is welcome. Ask before anything is done
   * for it: a refusal must cost next to nothing.
   */
  refusal(kind: WorkKind): AppError | undefined;
  /** One more piece of work is under way, until its `leave`. Waiting for a slow client is no work. */
  enter(): void;
  leave(): void;
  /** Watches the event loop from now on; until then only the count of work under way matters. */
  start(): void;
  stop(): void;
}

/** One pause, of the garbage collector or of a boot, is no overload, nor are two. */
const turnsUntilOverload = 3;
/** Seconds; one is drawn for each refusal, so that those refused together do not come back together. */
const retryAfterSeconds = [2, 3, 4, 5, 6, 7, 8];
/** Without a refusal for so long an episode is over, for the log. */
const calmMs = 1_000;

export function createLoadShedder(options: {
  config: KernelConfig['overload'];
  metrics: Metrics;
  logger: Logger;
  sampler?: EventLoopSampler | undefined;
}): LoadShedder {
  const { config, metrics, logger, sampler = sampleEventLoop } = options;
  const refusals = retryAfterSeconds.map(
    (seconds) => new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: seconds }),
  );
  const sheds = metrics.counter(
    'bulwark_sheds_total',
    'Work that was refused because of overload.',
    ['kind', 'reason'],
  );
  let inFlight = 0;
  metrics.gauge('bulwark_work_in_flight', 'Requests and socket events at work.', () => inFlight);

  let lateTurns = 0;
  let latestMs = 0;
  let episode: { startedAt: number; lastAt: number; refused: number } | undefined;
  let end: (() => void) | undefined;

  function reason(): Reason | undefined {
    if (lateTurns >= turnsUntilOverload) return 'event-loop';
    return inFlight >= config.maxInFlight ? 'in-flight' : undefined;
  }

  /** Rises turn by turn, and falls at once with a turn that is clearly on time: refusing is what made it so. */
  function onTurn(lateMs: number): void {
    latestMs = lateMs;
    if (lateMs >= config.eventLoopDelayMs) lateTurns += 1;
    else if (lateTurns < turnsUntilOverload || lateMs < config.eventLoopDelayMs / 2) lateTurns = 0;
    if (episode && performance.now() - episode.lastAt > calmMs) finish(episode);
  }

  /** One line for many refusals: writing one for each would be work again. */
  function note(why: Reason): void {
    const now = performance.now();
    if (!episode) {
      episode = { startedAt: now, lastAt: now, refused: 0 };
      const eventLoopLateMs = Math.round(latestMs);
      logger.warn({ reason: why, inFlight, eventLoopLateMs }, 'Overloaded, refusing new work');
    }
    episode.lastAt = now;
    episode.refused += 1;
  }

  function finish({ startedAt, lastAt, refused }: NonNullable<typeof episode>): void {
    episode = undefined;
    const durationMs = Math.round(lastAt - startedAt);
    logger.warn({ refused, durationMs }, 'No longer overloaded');
  }

  return {
    refusal(kind) {
      const why = reason();
      if (why === undefined) return undefined;
      sheds.add({ kind, reason: why });
      note(why);
      return refusals[Math.floor(Math.random() * refusals.length)];
    },
    enter() {
      inFlight += 1;
    },
    leave() {
      inFlight -= 1;
    },
    start() {
      end ??= sampler(onTurn);
    },
    stop() {
      end?.();
      end = undefined;
      lateTurns = 0;
      if (episode) finish(episode);
    },
  };
}
