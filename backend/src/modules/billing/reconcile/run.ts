import { setTimeout as wait } from 'node:timers/promises';
import type { Transaction } from '../../../kernel/db/index.ts';
import type { EventBus } from '../../../kernel/events/index.ts';
import { JobPostponed } from '../../../kernel/jobs/index.ts';
import type { Logger } from '../../../kernel/logging/index.ts';
import type { BillingProvider } from '../provider.ts';
import type { Looker } from './look.ts';
import type { ReconcileMetrics } from './metrics.ts';
import type { Pace } from './pace.ts';
import type { RunRepository, Step } from './run-repository.ts';
import { RunMoved, type RunPhase, type RunPlace } from './run-row.ts';
import { keepLeftovers, type Settle } from './settle.ts';
import type { Item, WorkRepository } from './work-repository.ts';

export interface RunOptions {
  runs: RunRepository;
  work: WorkRepository;
  looker: Looker;
  settle: Settle;
  providers: ReadonlyMap<string, { provider: BillingProvider; pace: Pace }>;
  metrics: ReconcileMetrics;
  events: EventBus;
  logger: Logger;
}

/** What a run needs of its job. */
export interface RunInput {
  runId: string;
  signal: AbortSignal;
  /** Does the work and completes the job in one transaction. */
  commit<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** Purchases of one transaction. */
const portionSize = 50;
/** How often one purchase is tried within a run. */
const mostTries = 4;
/** Portions that get nowhere before their first item is put aside: it may be the one that makes the provider fail. */
const mostStalls = 5;
/** For so long an attempt waits for a provider itself; for longer the job goes back to the queue. */
const longestWaitMs = 5_000;
/** After this an attempt makes room for other jobs. */
const sliceMs = 240_000;
/** A provider that is away for longer is the next run's. */
const givenUpAfterMs = 12 * 3_600_000;

/**
 * Compares what is stored with one provider, portion by portion. What a portion has shown is written together with the place
 * behind it, so whatever ends the process, the next attempt begins with the first portion that is not stored, and nothing
 * stands twice in the ledger.
 */
export function createRun(options: RunOptions) {
  const { runs, work, looker, settle, providers, metrics, events, logger } = options;

  async function itemsAt(run: RunPlace, provider: BillingProvider): Promise<Item[]> {
    if (run.phase === 'purchases') return work.purchases(provider, run.place, portionSize);
    if (run.phase === 'accounts') return work.accounts(run.provider, run.place, portionSize);
    return work.leftovers(run.id, run.provider, { mostTries, limit: portionSize });
  }

  /** What comes behind these items. */
  function behind(
    run: RunPlace,
    provider: BillingProvider,
    items: readonly Item[],
    done: number,
  ): Pick<Step, 'phase' | 'place' | 'ended'> {
    const { phase } = run;
    if (phase === 'again')
      return items.length === 0
        ? { phase, place: null, ended: 'completed' }
        : { phase, place: null };
    if (done === items.length && items.length < portionSize)
      return { phase: nextOf(phase, provider), place: null };
    return { phase, place: items[done - 1]?.id ?? run.place };
  }

  /** One portion. Resolves with where the run is then, and for how long the provider is to be left alone. */
  async function portion(
    run: RunPlace,
    { provider, pace }: { provider: BillingProvider; pace: Pace },
    { signal, commit }: RunInput,
  ): Promise<{ run: RunPlace; waitMs: number }> {
    const items = await itemsAt(run, provider);
    // What has failed is not asked about again at once.
    const tries = items[0]?.tries ?? 0;
    if (tries > 0) await wait(tries * 1_000, undefined, { signal });
    const { looks, away } = await looker.portion(items, provider, pace, signal);
    if (looks.length === 0 && away && run.stalls + 1 >= mostStalls)
      looks.push({ kind: 'failed', code: away.code, error: undefined });
    const to = behind(run, provider, items, looks.length);
    const isStalled = looks.length === 0 && away !== undefined;
    const store = async (tx: Transaction): Promise<RunPlace> => {
      const { settled, counts, errorCode } = await settle(tx, run, items, looks);
      const asked = items.slice(0, looks.length);
      await keepLeftovers(tx, work, run.id, asked, settled);
      return runs.step(tx, run, {
        ...to,
        counts,
        stalls: isStalled ? run.stalls + 1 : 0,
        errorCode: away?.code ?? errorCode,
      });
    };
    // The last portion and the end of the job are one.
    const moved = await (to.ended === undefined ? runs.transaction(store) : commit(store));
    events.publish('billing.reconciliation-progress', { runId: moved.id });
    // Another call may have sat it out meanwhile.
    const waitMs = away === undefined ? 0 : Math.max(0, away.until - performance.now());
    return { run: moved, waitMs };
  }

  async function giveUp(run: RunPlace, { commit }: RunInput, errorCode: string): Promise<void> {
    const { phase, place, stalls } = run;
    const counts = { checked: 0, same: 0, corrected: 0, found: 0, unknown: 0, accounts: 0 };
    await commit((tx) =>
      runs.step(tx, run, { phase, place, stalls, counts, errorCode, ended: 'failed' }),
    );
    events.publish('billing.reconciliation-progress', { runId: run.id });
    metrics.ended(run.provider, 'failed');
    logger.error({ runId: run.id, provider: run.provider, errorCode }, 'A reconciliation failed');
  }

  async function portions(first: RunPlace, input: RunInput): Promise<void> {
    const asked = providers.get(first.provider);
    if (!asked) {
      await giveUp(first, input, 'STATE_CONFLICT');
      return;
    }
    const sliceEndsAt = performance.now() + sliceMs;
    for (let run = first; ;) {
      input.signal.throwIfAborted();
      if (Date.now() - run.startedAt.getTime() > givenUpAfterMs) {
        await giveUp(run, input, run.errorCode ?? 'UPSTREAM_UNAVAILABLE');
        return;
      }
      const { run: moved, waitMs } = await portion(run, asked, input);
      run = moved;
      if (run.endedAt !== null) {
        metrics.ended(run.provider, run.status);
        logger.info(
          { runId: run.id, provider: run.provider, status: run.status, ...shownCounts(run) },
          'A reconciliation has ended',
        );
        return;
      }
      if (waitMs > longestWaitMs || performance.now() > sliceEndsAt) {
        if (waitMs > 0) await runs.pause(run, new Date(Date.now() + waitMs));
        throw new JobPostponed(waitMs / 1_000, 'A reconciliation goes on later');
      }
      if (waitMs > 0) await wait(waitMs, undefined, { signal: input.signal });
    }
  }

  return async function run(input: RunInput): Promise<void> {
    const place = await runs.begin(input.runId);
    if (!place) return;
    try {
      await portions(place, input);
    } catch (error) {
      // Whoever has taken it over goes on with it.
      if (error instanceof RunMoved) return;
      throw error;
    }
  };
}

export type ReconcileRun = ReturnType<typeof createRun>;

const nextOf = (phase: RunPhase, provider: BillingProvider): RunPhase =>
  phase === 'purchases' && provider.discover !== undefined ? 'accounts' : 'again';

const shownCounts = ({ checked, same, corrected, found, unknown, failed }: RunPlace) => ({
  checked,
  same,
  corrected,
  found,
  unknown,
  failed,
});
