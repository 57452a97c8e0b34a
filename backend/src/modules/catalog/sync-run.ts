import type { Transaction } from '../../kernel/db/index.ts';
import { AppError } from '../../kernel/errors/index.ts';
import type { EventBus } from '../../kernel/events/index.ts';
import type { Logger } from '../../kernel/logging/index.ts';
import { batchOf } from './batch.ts';
import { nextDay } from './justtcg.ts';
import type { SourceLists } from './source-lists.ts';
import {
  type StoredPage,
  SyncMoved,
  type SyncPlace,
  type SyncRepository,
} from './sync-repository.ts';
import { codeOf, shown } from './sync-service.ts';
import type { UpsertTimer } from './upsert-metrics.ts';

export interface SyncRunOptions {
  syncs: SyncRepository;
  lists: SourceLists;
  events: EventBus;
  logger: Logger;
  timer: UpsertTimer;
}

/** What a run needs of its job. */
export interface RunInput {
  syncId: string;
  /** A failure of this attempt is the last one. */
  isLastAttempt: boolean;
  signal: AbortSignal;
  /** Does the work and completes the job in one transaction. */
  commit<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

export type SyncRun = ReturnType<typeof createSyncRun>;

/** Of a provider that asks for patience without saying how long. */
const patienceSeconds = 60;

/**
 * Does a synchronisation page by page. Each page is stored together with the place behind it, so whatever ends the process,
 * the next run begins with the first page that is not stored and asks for none that is.
 */
export function createSyncRun({ syncs, lists, events, logger, timer }: SyncRunOptions) {
  const announce = (sync: SyncPlace | undefined): void => {
    if (sync) events.publish('catalog.sync-progress', shown(sync));
  };

  /** The page at this place; undefined where there is none any more. */
  async function fetchPage(place: SyncPlace, signal: AbortSignal): Promise<StoredPage> {
    const source = lists.source();
    const seen = new Date();
    if (place.kind === 'set') {
      const { cards, total, hasMore } = await source.cards(place, place.done, signal);
      return {
        batch: batchOf(cards, place),
        seen,
        asked: cards.length,
        total,
        lastCardId: null,
        // An empty page that promises more would be asked for again and again.
        last: !hasMore || cards.length === 0,
      };
    }
    const { ids, total } = await syncs.cardsAfter(place, source.pageSize);
    const cards = ids.length === 0 ? [] : await source.lookUp(ids, signal);
    return {
      batch: batchOf(cards, place),
      seen,
      asked: ids.length,
      total,
      lastCardId: ids.at(-1) ?? place.lastCardId,
      last: ids.length < source.pageSize,
    };
  }

  async function pages(first: SyncPlace, input: RunInput): Promise<Date | undefined> {
    for (let place = first; ;) {
      input.signal.throwIfAborted();
      const page = await fetchPage(place, input.signal);
      const at = place;
      const store = (tx: Transaction) =>
        timer(page.batch.length, () => syncs.storePage(tx, at, page));
      // The last page and the end of the job are one.
      const { sync } = await (page.last ? input.commit(store) : syncs.transaction(store));
      announce(sync);
      if (page.last) {
        reportMissing(sync);
        return undefined;
      }
      // Looked at behind a page, so that what was scarce an hour ago is asked about anew.
      const scarce = lists.source().scarceUntil();
      if (scarce) return wait(sync, scarce, 'UPSTREAM_QUOTA_EXCEEDED');
      place = sync;
    }
  }

  async function wait({ id }: SyncPlace, until: Date, errorCode: string): Promise<Date> {
    announce(await syncs.pause(id, { status: 'waiting', resumesAt: until, errorCode }));
    return until;
  }

  /** The provider sorts by price, so a card whose price moves between two pages can slip through. */
  function reportMissing({ id, kind, total, cards }: SyncPlace): void {
    const seen = cards.inserted + cards.updated + cards.unchanged + cards.rejected;
    if (kind === 'set' && total !== null && seen < total)
      logger.warn({ syncId: id, total, seen }, 'The provider sent fewer cards than it counts');
  }

  /** Resolves with when to go on, where the provider asks for patience: that is no failure. */
  return async function run(input: RunInput): Promise<Date | undefined> {
    const place = await syncs.begin(input.syncId);
    if (!place) return undefined;
    announce(place);
    try {
      return await pages(place, input);
    } catch (error) {
      // Whoever has taken it over goes on with it, and after a stop the next run does.
      if (error instanceof SyncMoved) return undefined;
      if (input.signal.aborted) throw error;
      const until = goesOnAt(error);
      if (until) return wait(place, until, codeOf(error));
      const status = input.isLastAttempt ? 'failed' : 'retrying';
      announce(await syncs.pause(place.id, { status, errorCode: codeOf(error) }));
      throw error;
    }
  };
}

/** For a provider that has asked for a pause, which is no failure of the attempt. */
function goesOnAt(error: unknown): Date | undefined {
  if (!AppError.is(error) || error.code !== 'UPSTREAM_RATE_LIMITED') return undefined;
  const seconds = error.retryAfterSeconds ?? patienceSeconds;
  return new Date(Math.min(Date.now() + seconds * 1000, nextDay().getTime()));
}
